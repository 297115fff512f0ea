// The causal graph of a piece of work: a row for each event, and beside the rows a line from each cause to what followed from it.
//
// What follows from one thing alone goes on in the lane of that thing. Where several things follow, the one with the most behind it goes
// on in the lane, and the others leave it to the right: a piece of work is mostly a chain, and reads as one.

import { chip, duration, make } from "./words.js";

const laneWidth = 18;
const rowHeight = 34;
/// Lanes beyond this one share it, so that the words beside them keep their place.
const mostLanes = 8;

/// Draws a trace as the admin port tells it. `onClose` is called when somebody has seen enough.
export function showTrace(panel, trace, onClose) {
  const rows = layOut(trace);
  const lanes = Math.min(mostLanes, 1 + Math.max(0, ...rows.map((row) => row.lane)));
  const close = make("button", { type: "button", class: "close" }, "Close");
  close.addEventListener("click", () => {
    panel.hidden = true;
    panel.replaceChildren();
    onClose();
  });
  const list = make("div", { class: "events" }, lines(rows, lanes), make("ol", {}, ...rows.map((row) => draw(row, trace))));
  list.style.setProperty("--gutter", `${lanes * laneWidth + 10}px`);
  const notes = [...trace.unread.map((one) => `without what ${one.actor} has done: ${one.reason}`),
    ...(trace.isCut ? ["it is longer than this"] : [])];
  const scroll = panel.querySelector(".events")?.scrollTop ?? 0;
  panel.replaceChildren(
    make("div", { class: "title" }, make("h3", {}, "What has happened to ", make("code", {}, trace.work)), close),
    list, make("p", { class: "note" }, [trace.isOver ? "Nothing more is to come." : "It is not over.", ...notes].join(" ")));
  panel.hidden = false;
  list.scrollTop = scroll;
}

/// The rows in the order in which they are drawn: each with its lane, and the row of its cause.
function layOut(trace) {
  const children = new Map(), sizes = new Map();
  const parent = (entry) => entry.causes.at(-1) ?? 0;
  for (const entry of trace.entries) {
    sizes.set(entry.id, 1);
    children.set(parent(entry), [...(children.get(parent(entry)) ?? []), entry]);
  }
  // Causes have lower numbers than what follows from them.
  for (const entry of trace.entries.toReversed()) sizes.set(parent(entry), (sizes.get(parent(entry)) ?? 0) + sizes.get(entry.id));
  const awaited = new Map();
  for (const one of trace.awaited) awaited.set(one.after ?? 0, [...(awaited.get(one.after ?? 0) ?? []), one]);
  const rows = [];
  const follow = (first, firstLane, cause) => {
    let entry = first, lane = firstLane, above = cause;
    while (entry) {
      const index = rows.push({ entry, lane, above }) - 1;
      for (const one of awaited.get(entry.id) ?? []) rows.push({ awaited: one, lane: lane + 1, above: index });
      const next = children.get(entry.id) ?? [];
      const trunk = next.reduce((best, one) => (!best || sizes.get(one.id) >= sizes.get(best.id) ? one : best), null);
      for (const one of next) if (one !== trunk) follow(one, lane + 1, index);
      [entry, above] = [trunk, index];
    }
  };
  for (const entry of children.get(0) ?? []) follow(entry, 0, null);
  for (const one of awaited.get(0) ?? []) rows.push({ awaited: one, lane: 0, above: null });
  return rows;
}

function lines(rows, lanes) {
  const x = (row) => Math.min(row.lane, mostLanes - 1) * laneWidth + laneWidth / 2, y = (index) => index * rowHeight + rowHeight / 2;
  const paths = rows.map((row, index) => row.above === null ? null : make("svg:path", {
    d: `M${x(rows[row.above])} ${y(row.above)}V${y(index)}H${x(row)}`, class: row.awaited ? "awaited" : null,
  }));
  const dots = rows.map((row, index) => make("svg:circle", { cx: x(row), cy: y(index), r: row.awaited ? 4 : 5, class: tone(row) }));
  return make("svg:svg", { width: lanes * laneWidth, height: rows.length * rowHeight, "aria-hidden": "true", focusable: "false" },
    ...paths, ...dots);
}

function tone({ entry, awaited }) {
  if (awaited) return awaited.state === "dead" ? "dead" : awaited.state === "set" ? "awaited" : "awaited late";
  return entry.detours.length > 0 || entry.outcome !== "done" ? "detour" : "plain";
}

function draw(row, trace) {
  const short = (actor) => actor.endsWith(`/${trace.work}`) ? actor.slice(0, -trace.work.length - 1) : actor;
  if (row.awaited) {
    return make("li", { class: `row ${tone(row)}`, title: row.awaited.words }, make("span", { class: "after" }),
      make("span", { class: "event" }, row.awaited.event),
      make("span", { class: "remark" }, `${row.awaited.state === "set" ? "" : "▲ "}${row.awaited.words}`));
  }
  const { entry } = row;
  const end = entry.outcome === "done" ? [] : [entry.reason ? `${entry.outcome}: ${entry.reason}` : entry.outcome];
  const remark = [...entry.detours, ...end].join(", ");
  return make("li", { class: `row ${tone(row)}`, title: `${entry.at}, ballot ${entry.ballot}` },
    make("span", { class: "after" }, entry.afterMs < 0 ? `−${duration(-entry.afterMs, { fine: true })}`
      : duration(entry.afterMs, { fine: true })),
    make("span", { class: "event" }, entry.event), make("span", { class: "actor" }, short(entry.actor)), chip(entry.node),
    make("span", { class: "remark" }, remark ? `▲ ${remark}` : entry.isLast ? "ended" : ""));
}
