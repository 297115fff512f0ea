// What the page knows, and what it does with each event.

import { listen } from "./stream.js";
import { drawMembers } from "./members.js";
import { drawRing, watchKey } from "./ring.js";
import { drawJobs } from "./jobs.js";
import { watchWork } from "./work.js";
import { chip, clock, duration, make, meetNames, reconcile, setText, signs } from "./words.js";

const byId = (id) => document.getElementById(id);

const state = {
  node: null, ring: null, survey: null, members: new Map(), jobs: new Map(), log: [],
  /// The node's clock minus the browser's, and the browser's at the last event.
  skewMs: 0, heardAtMs: 0,
};

const logLines = 50;
const askForKey = watchKey(byId("key"), byId("key-answer"));

function nodeNow() {
  return Date.now() + state.skewMs;
}

function take(kind, news) {
  state.heardAtMs = Date.now();
  state.skewMs = news.nowMs - state.heardAtMs;
  if (kind === "beat") return;
  if (kind === "picture") {
    state.members.clear();
    state.jobs.clear();
    state.log = [];
  }
  if ("node" in news) state.node = news.node;
  if ("ring" in news) state.ring = news.ring;
  if ("survey" in news) state.survey = news.survey;
  for (const name of news.membersGone ?? []) state.members.delete(name);
  for (const id of news.jobsGone ?? []) state.jobs.delete(id);
  for (const member of news.members ?? []) state.members.set(member.name, member);
  for (const job of news.jobs ?? []) state.jobs.set(job.jobId, job);
  state.log = [...state.log, ...(news.log ?? [])].slice(-logLines);
  draw(news);
}

function draw(news) {
  meetNames(state.members.keys());
  drawHead();
  if (news.members || news.membersGone || news.ring) drawMembers(byId("members"), state);
  if (news.ring) {
    drawRing(byId("ring"), state.ring);
    askForKey();
  }
  if (news.jobs || news.jobsGone || "survey" in news || news.members) drawJobs(byId("jobs"), byId("jobs-note"), state);
  if (news.log) drawLog();
  if (news.node) showLonely();
  if (news.members || news.membersGone) showClocks();
  tick();
}

function drawHead() {
  const { node } = state;
  if (!node) return;
  setText(byId("mesh"), node.mesh);
  setText(byId("node"), node.name);
  setText(byId("life"), `, life ${node.life}`);
  byId("uptime").dataset.since = node.startedAtMs;
  const members = [...state.members.values()], jobs = [...state.jobs.values()];
  const count = (status) => members.filter((member) => member.status === status).length;
  const running = jobs.filter((job) => !job.isEnded).length;
  const own = state.members.get(node.name);
  const weight = (word) => isLonely() ? "old" : word;
  const figures = [
    ["alive", count("alive"), isLonely() ? "alive, last heard" : "alive", weight("good")],
    ["suspect", count("suspect"), "suspect", weight(count("suspect") ? "warning" : "quiet")],
    ["dead", count("dead"), "dead", weight(count("dead") ? "bad" : "quiet")],
    ["left", count("left"), "left", weight("quiet")],
    ["jobs", running, running === 1 ? "job running" : "jobs running", running ? "busy" : "quiet"],
    ownHealth(node),
    ["load", node.callsInHand, own?.load ? `others' calls, load ${Math.round(own.load / 10)} %` : "others' calls in hand", node.callsInHand ? "busy" : "quiet"],
  ];
  reconcile(byId("figures"), figures, ([id]) => id,
    () => make("div", {}, make("dt"), make("dd")),
    (element, [id, value, label, weight]) => {
      element.className = `figure ${weight}`;
      element.dataset.figure = id;
      setText(element.querySelector("dd"), String(value));
      setText(element.querySelector("dt"), label);
    });
  const summary = isLonely() ? "hears nobody" : `${count("alive")} alive${count("dead") ? `, ${count("dead")} dead` : ""}`;
  document.title = `${summary} · ${node.mesh} · ${node.name}`;
}

/// How well the node can work, in a word for its figure.
function ownHealth({ health, readiness }) {
  if (readiness === "Unhealthy") return ["health", "out", "unhealthy: it counts for gone", "bad"];
  if (readiness === "Degraded") return ["health", "alone", "own health: degraded", "warning"];
  return ["health", health === 0 ? "well" : `${health}`, "own health", health === 0 ? "good" : "warning"];
}

function isLonely() {
  return (state.node?.lonelySinceAtMs ?? null) !== null;
}

/// A node that hears nobody accuses no one: without this, its page would look well while it is cut off.
function showLonely() {
  const { node } = state, notice = byId("lonely");
  document.documentElement.toggleAttribute("data-lonely", isLonely());
  if (!isLonely()) {
    notice.hidden = true;
    notice.replaceChildren();
    return;
  }
  if (notice.hidden) {
    notice.replaceChildren(
      make("strong", {}, `${node.name} hears nobody`), make("span", { "aria-hidden": "true" }, " since ", make("span", { class: "for" })),
      ": it may be cut off. What it says of the others is old; another node's page knows more.");
    notice.hidden = false;
  }
  notice.querySelector(".for").dataset.since = node.lonelySinceAtMs;
}

/// A node whose wall clock is off fires no timers. Others do, and its clock has to be put right all the same.
function showClocks() {
  const notice = byId("clocks");
  const off = [...state.members.values()].filter((member) => member.clock && member.status === "alive").sort((a, b) => (a.name < b.name ? -1 : 1));
  const text = off.map((member) => `${member.name}'s is ${member.clock === "ahead" ? "ahead of" : "behind"} the others'`).join(", ");
  if (notice.dataset.shown === text) return;
  notice.dataset.shown = text;
  notice.hidden = off.length === 0;
  notice.replaceChildren(...(off.length ? [make("strong", {}, "Wall clocks are off"), `: ${text}. Such a node fires no timers; look at its time service.`] : []));
}

function drawLog() {
  byId("log").replaceChildren(...state.log.toReversed().map((line) => make("li", { class: line.weight },
    make("time", { datetime: new Date(line.atMs).toISOString() }, clock(line.atMs - state.skewMs)),
    make("span", { class: "sign", "aria-hidden": "true" }, signs[line.weight] ?? "•"),
    make("span", { class: "what" }, line.node === null ? null : chip(line.node), line.node === null ? "" : " ", line.text))));
}

/// Ages go on between events; only their texts are touched.
function tick() {
  const now = nodeNow();
  for (const element of document.querySelectorAll("[data-since]")) {
    const fine = element.dataset.fine !== undefined;
    const text = duration(now - Number(element.dataset.since), { fine });
    setText(element, element.id === "uptime" ? `, up ${text}` : text);
  }
}

function showLink({ isLive, silentMs = 0, reason = "" }) {
  const name = state.node?.name ?? location.host;
  const root = document.documentElement;
  const link = byId("link"), lost = byId("lost");
  root.dataset.link = isLive ? "live" : state.node ? "lost" : "opening";
  setText(link.querySelector(".sign"), isLive ? "●" : state.node ? "✕" : "◌");
  setText(link.querySelector(".word"), isLive ? "live" : state.node ? "lost" : "opening");
  if (isLive) {
    lost.hidden = true;
    lost.replaceChildren();
    return;
  }
  if (lost.hidden) {
    lost.replaceChildren(
      make("strong", {}, `${name} does not answer`), make("span", { class: "for", "aria-hidden": "true" }),
      make("span", {}, state.node ? `; last picture of ${clock(state.heardAtMs)}. ` : ". "),
      make("span", { class: "reason" }, "This page comes back by itself."));
    lost.hidden = false;
  }
  setText(lost.querySelector(".for"), ` since ${duration(silentMs)}`);
  if (reason) setText(lost.querySelector(".reason"), `${reason}; trying again.`);
}

listen(take, showLink);
watchWork(document.querySelector(".work"));
setInterval(tick, 1000);
