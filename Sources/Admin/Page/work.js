// The work of the mesh that is not over, and what was refused. Asked for again and again while the page is looked at: it is gathered
// from all nodes, and changes with every step of every piece of work, so that there is nothing to push but the whole.

import { duration, flash, make, reconcile, setText } from "./words.js";
import { showTrace } from "./trace.js";

const intervalMs = 4000;
const answerMs = 10000;
const state = { sagas: null, dead: null, token: "", opened: null };

/// Asks the page's own node. The token goes along once somebody has entered it, and nowhere else than into this page's memory.
async function ask(path, method = "GET") {
  const headers = { Accept: "application/json" };
  if (state.token) headers.Authorization = `Bearer ${state.token}`;
  const answer = await fetch(path, { method, headers, cache: "no-store", signal: AbortSignal.timeout(answerMs) });
  const document = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Error(document.detail ?? `status ${answer.status}`);
  return document;
}

/// Keeps the lists of `section` up to date.
export function watchWork(section) {
  const form = section.querySelector("#token");
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    state.token = form.elements.token.value;
    form.elements.token.value = "";
    look(section, true);
  });
  const turn = async () => {
    if (!document.hidden) await look(section);
    setTimeout(turn, intervalMs);
  };
  turn();
}

async function look(section, hasToken = false) {
  const note = section.querySelector("#work-note");
  try {
    [state.sagas, state.dead] = await Promise.all([ask("sagas?limit=50"), ask("dead-letters?limit=100")]);
    const unheard = [...new Set([...state.sagas.unheard, ...state.dead.unheard])].sort();
    const notes = unheard.length ? [`without what is at ${unheard.join(", ")}, not heard`] : [];
    const without = Math.max(state.sagas.shardsWithoutStore, state.dead.shardsWithoutStore);
    if (without > 0) notes.push(`without what lies in ${without} shards, which have no live store`);
    notes.push(...state.dead.cut.map((cut) => `not all of ${cut.actor}: ${cut.reason}`));
    setText(note, notes.join("; "));
  } catch (error) {
    setText(note, state.sagas ? `as it was: ${error.message}` : error.message);
    return;
  }
  drawSagas(section.querySelector("#sagas"), section.querySelector("#trace"));
  drawDead(section, hasToken);
  if (state.opened) await openTrace(state.opened, section.querySelector("#trace"));
}

// Work

function drawSagas(list, trace) {
  list.querySelector(".none")?.remove();
  reconcile(list, state.sagas.sagas, (saga) => saga.work, (saga) => createSaga(saga, trace), updateSaga);
  if (state.sagas.sagas.length === 0) list.append(make("li", { class: "none" }, "No work is under way."));
}

function createSaga(saga, trace) {
  const button = make("button", { type: "button", class: "saga", title: saga.work },
    make("span", { class: "kind" }, saga.kind), make("code", {}, `…${saga.work.slice(-12)}`), make("span", { class: "state" }),
    make("span", { class: "age" }), make("span", { class: "why" }));
  button.addEventListener("click", () => openTrace(saga.work, trace));
  return make("li", {}, button);
}

function updateSaga(item, saga) {
  const [first] = saga.awaited, find = (name) => item.querySelector(`.${name}`);
  const isStuck = first && (first.state === "dead" || first.state === "held up" || first.overdueMs > 10000);
  if (item.dataset.state && item.dataset.state !== saga.state) flash(item);
  item.dataset.state = saga.state;
  item.classList.toggle("stuck", Boolean(isStuck));
  setText(find("state"), saga.state);
  setText(find("age"), duration(saga.ageMs));
  const more = saga.awaited.length > 1 ? `, and ${saga.awaited.length - 1} more` : "";
  setText(find("why"), `${isStuck ? "▲ " : ""}${first?.words ?? "waits for an answer"}${more}`);
}

async function openTrace(work, panel) {
  state.opened = work;
  try {
    showTrace(panel, await ask(`traces/${encodeURIComponent(work)}`), () => { state.opened = null; });
  } catch (error) {
    panel.hidden = false;
    panel.replaceChildren(make("p", { class: "note" }, error.message));
    state.opened = null;
  }
}

// What is dead

function drawDead(section, hasToken) {
  const list = section.querySelector("#dead"), { deadLetters, changes } = state.dead;
  section.querySelector("#token").hidden = changes !== "token" || deadLetters.length === 0;
  setText(section.querySelector("#token-note"), hasToken && changes === "token" ? "That is not the token of this node." : "");
  list.querySelector(".none")?.remove();
  reconcile(list, deadLetters, (letter) => letter.id, (letter) => createDead(letter, section), (item, letter) => {
    setText(item.querySelector(".cause"), letter.cause ?? "");
    for (const button of item.querySelectorAll("button")) button.hidden = changes !== "allowed";
  });
  if (deadLetters.length === 0) list.append(make("li", { class: "none" }, "Nothing was refused."));
}

function createDead(letter, section) {
  const note = make("span", { class: "note", role: "status" });
  const deed = (name, word, question) => {
    const button = make("button", { type: "button", class: name }, word);
    button.addEventListener("click", async () => {
      // What is given up does not come back.
      if (question && button.textContent !== question) return setText(button, question);
      try {
        await ask(`dead-letters/${encodeURIComponent(letter.id)}/${name}`, "POST");
        await look(section);
      } catch (error) {
        setText(note, error.message);
      }
    });
    return button;
  };
  return make("li", { class: "letter" }, make("code", {}, letter.id), make("span", { class: "event" }, letter.event),
    make("span", { class: "cause" }), make("span", { class: "deeds" },
      deed("redrive", "Redrive"), deed("discard", "Discard", "Discard for good?"), note));
}
