// The jobs of the whole mesh: what runs first, then what has ended.

import { chip, colourClass, duration, flash, grouped, make, reconcile, setText, signs } from "./words.js";

export function drawJobs(list, note, state) {
  const unheard = state.survey?.unheard ?? [];
  const notes = unheard.length ? [`without those of ${unheard.join(", ")}, not heard`] : [];
  const without = state.survey?.shardsWithoutStore ?? 0;
  if (without) notes.push(`without those of ${without} shards of which no store lives`);
  setText(note, notes.join("; "));
  const jobs = [...state.jobs.values()].sort((a, b) => {
    if (isRunning(a) !== isRunning(b)) return isRunning(a) ? -1 : 1;
    if (a.createdAt !== b.createdAt) return a.createdAt > b.createdAt ? -1 : 1;
    return a.jobId > b.jobId ? -1 : 1;
  });
  list.querySelector(".none")?.remove();
  reconcile(list, jobs, (job) => job.jobId, create, update);
  if (jobs.length === 0) list.append(none(state));
}

function isRunning(job) {
  return !job.isEnded;
}

function create(job) {
  return make("li", { class: "job" },
    make("div", { class: "head" },
      make("span", { class: "state" }, make("span", { class: "sign", "aria-hidden": "true" }), " ", make("span", { class: "word" })),
      make("span", { class: "kind" }, job.kind), make("span", { class: "subject" }), make("span", { class: "elapsed" })),
    make("div", { class: "bar", role: "progressbar", "aria-valuemin": 0, "aria-valuemax": 100, "aria-label": `${job.kind} ${job.subject}` }),
    make("div", { class: "foot" },
      make("span", { class: "percentage" }), make("span", { class: "shares" }), make("span", { class: "home" }),
      make("code", { class: "id", title: job.jobId }, `…${job.jobId.slice(-12)}`)),
    make("p", { class: "warnings" }));
}

function update(item, job) {
  const status = job.status;
  if (item.dataset.status && item.dataset.status !== status) flash(item);
  item.dataset.status = status;
  const find = (name) => item.querySelector(`.${name}`);
  setText(find("sign"), signs[status] ?? "•");
  setText(find("word"), status.toLowerCase());
  setText(find("subject"), grouped(job.subject));
  drawElapsed(find("elapsed"), job);
  drawBar(find("bar"), job);
  setText(find("percentage"), `${job.completionPercentage} %`);
  const shares = Object.entries(job.shares);
  find("shares").replaceChildren(...shares.map(([name, parts]) => make("span", {}, chip(name), ` ${parts}`)));
  find("home").replaceChildren("home ", chip(job.home));
  const unheard = job.standing === "unheard" ? [`its home ${job.home} does not answer now; this is what it said last`] : [];
  setText(find("warnings"), [...job.warnings, ...unheard].join("; "));
}

/// A running job's time goes on by itself, its text is the ticker's; an ended one's stands.
function drawElapsed(element, job) {
  if (isRunning(job)) {
    element.dataset.since = job.startedAtMs;
    element.dataset.fine = "";
  } else {
    delete element.dataset.since;
    setText(element, duration(job.elapsedMs, { fine: true }));
  }
}

/// As long as the job is far, divided among those who have done it.
function drawBar(bar, job) {
  bar.setAttribute("aria-valuenow", job.completionPercentage);
  const shares = Object.entries(job.shares);
  const total = shares.reduce((sum, [, parts]) => sum + parts, 0);
  const pieces = total > 0 ? shares.map(([name, parts]) => ({ name, width: (parts / total) * job.completionPercentage }))
    : [{ name: job.home, width: job.completionPercentage }];
  reconcile(bar, pieces, (piece) => piece.name, (piece) => make("span", { class: colourClass(piece.name), "aria-hidden": "true" }),
    (element, piece) => { element.style.width = `${piece.width.toFixed(2)}%`; });
}

function none(state) {
  const edge = [...state.members.values()].find((member) => member.edge && member.status === "alive")?.edge;
  return make("li", { class: "none" }, make("p", {}, state.survey ? "No job runs, and none has ended lately." : "Asking the nodes for their jobs …"),
    edge && state.survey ? make("p", { class: "note" }, "Start one: ",
      make("code", {}, `curl ${edge}/api/primes -H 'content-type: application/json' -d '{"from": 0, "to": 10000000000}'`)) : null);
}
