// The table of members.

import { colourClass, flash, make, percent, reconcile, setText, signs, webAddress } from "./words.js";

const columns = ["Status", "Since", "Life", "Incarnation", "Share", "Roles", "Zone", "Capacity", "Address", "Edge"];

/// Stands for what a member does not have; cells that hold it are left out where there is little room.
const none = "–";

export function drawMembers(body, state) {
  const shares = new Map((state.ring?.members ?? []).map((member) => [member.name, member.share]));
  const members = [...state.members.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  reconcile(body, members, (member) => member.name, create, (row, member) => {
    const before = row.dataset.status;
    row.dataset.status = member.status;
    row.classList.toggle("own", member.name === state.node?.name);
    drawName(row.cells[0], member, member.name === state.node?.name);
    const [status, since, life, incarnation, share, roles, zone, capacity, address, edge] = [...row.cells].slice(1);
    setText(status.querySelector(".sign"), signs[member.status] ?? "?");
    setText(status.querySelector(".word"), member.status);
    since.firstElementChild.dataset.since = member.sinceAtMs;
    setText(life, String(member.life));
    setText(incarnation, String(member.incarnation));
    setText(share, shares.has(member.name) ? percent(shares.get(member.name)) : none);
    setText(roles, member.roles.join(", ") || none);
    setText(zone, member.zone || none);
    setText(capacity, String(member.capacity));
    setText(address, member.address);
    drawLink(edge, member.edge);
    for (const cell of row.cells) cell.classList.toggle("empty", cell.textContent === none);
    if (before && before !== member.status) flash(row);
  });
}

function create(member) {
  const row = make("tr", { role: "row" }, make("th", { role: "rowheader", scope: "row" }));
  for (const label of columns) {
    const isNumber = ["Life", "Incarnation", "Share", "Capacity"].includes(label);
    row.append(make("td", { role: "cell", "data-label": label, class: isNumber ? "number" : label.toLowerCase() }));
  }
  row.cells[1].append(make("span", { class: "sign", "aria-hidden": "true" }), " ", make("span", { class: "word" }));
  row.cells[2].append(make("span", { "data-since": member.sinceAtMs }));
  return row;
}

function drawName(cell, member, isOwn) {
  const key = `${member.name} ${member.admin} ${isOwn}`;
  if (cell.dataset.shown === key) return;
  cell.dataset.shown = key;
  const address = isOwn ? null : member.admin && webAddress(member.admin);
  const dot = make("i", { class: `dot ${colourClass(member.name)}`, "aria-hidden": "true" });
  const name = address ? make("a", { class: "name", href: address, title: `the page of ${member.name}` }, member.name)
    : make("span", { class: "name" }, member.name);
  cell.replaceChildren(dot, name, ...(isOwn ? [make("span", { class: "note" }, " this node")] : []));
}

function drawLink(cell, text) {
  if (cell.dataset.shown === String(text)) return;
  cell.dataset.shown = String(text);
  const address = text && webAddress(text, "/openapi.json");
  cell.replaceChildren(address ? make("a", { href: address }, new URL(address).host) : none);
}
