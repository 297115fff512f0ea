// The work ring: who owns which part of all keys, and where on the circle it lies.
//
// The broad ring shows shares, one piece for each member. The fine ring around it is the real circle, clockwise from the top: every
// arc in the colour of its owner. A key is a point on it.

import { chip, colourClass, make, percent, reconcile, setText } from "./words.js";

const radius = { pin: 176, fine: 164, broad: 133, label: 188 };
const labelsShown = 0.04;
const labelLength = 10;
/// From the middle to where a label must end: the card's padding may be written on.
const labelEdge = 258;
const narrow = matchMedia("(max-width: 480px)");

let shownArcs = "";

export function drawRing(place, ring) {
  const svg = place.firstElementChild ?? place.appendChild(empty());
  const members = ring?.members ?? [];
  svg.setAttribute("aria-label", members.length === 0 ? "The work ring is empty."
    : `Work ring of ${members.length}: ${members.map((m) => `${m.name} ${percent(m.share)}`).join(", ")}`);
  let start = 0;
  const pieces = members.map((member) => {
    const piece = { ...member, start };
    start += member.share;
    return piece;
  });
  reconcile(svg.querySelector(".broad"), pieces, (piece) => piece.name,
    (piece) => make("svg:circle", { r: radius.broad, pathLength: 1000, class: colourClass(piece.name) },
      make("svg:title", {}, piece.name)),
    (circle, piece) => {
      const gap = pieces.length > 1 ? Math.min(3, piece.share * 300) : 0;
      circle.style.strokeDasharray = `${Math.max(0.5, piece.share * 1000 - gap)} 1000`;
      circle.style.strokeDashoffset = `${-piece.start * 1000}`;
      setText(circle.querySelector("title"), `${piece.name}: ${percent(piece.share)} of all keys`);
    });
  reconcile(svg.querySelector(".labels"), pieces.filter((piece) => piece.share >= labelsShown), (piece) => piece.name,
    () => make("svg:text", {}, make("svg:tspan", { class: "name", x: 0 }), make("svg:tspan", { class: "share", x: 0, dy: "1.25em" })),
    (text, piece) => {
      const angle = (piece.start + piece.share / 2) * 2 * Math.PI;
      const [x, y] = [Math.sin(angle) * radius.label, -Math.cos(angle) * radius.label];
      text.style.transform = `translate(${x.toFixed(1)}px, ${(y - 3).toFixed(1)}px)`;
      text.setAttribute("text-anchor", Math.abs(x) < 40 ? "middle" : x > 0 ? "start" : "end");
      text.dataset.name = piece.name;
      text.dataset.room = Math.abs(x) < 40 ? labelEdge : labelEdge - Math.abs(x);
      setText(text.children[1], percent(piece.share));
    });
  fitLabels();
  drawArcs(svg, ring, members);
  setText(svg.querySelector(".count"), String(members.length));
  setText(svg.querySelector(".unit"), members.length === 1 ? "node shares all keys" : "nodes share all keys");
}

/// Cuts names that are too long for their place beside the ring; how much room a letter takes is for the browser to say.
function fitLabels() {
  for (const text of document.querySelectorAll("#ring .labels text")) {
    const { name, room } = text.dataset, shown = text.children[0];
    let length = Math.min(name.length, labelLength);
    do {
      setText(shown, length < name.length ? `${name.slice(0, length - 1)}…` : name);
      length -= 1;
    } while (length > 2 && shown.getComputedTextLength() > Number(room));
  }
}

// In a narrow window the letters are larger.
narrow.addEventListener("change", fitLabels);

function empty() {
  return make("svg:svg", { viewBox: "-244 -216 488 432", role: "img" },
    make("svg:g", { class: "fine" }), make("svg:g", { class: "broad", transform: "rotate(-90)" }), make("svg:g", { class: "labels" }),
    make("svg:g", { class: "pin", visibility: "hidden" },
      make("svg:path", { d: `M0 ${-radius.fine + 7} V${-radius.pin}` }), make("svg:circle", { cy: -radius.pin - 3, r: 6 })),
    make("svg:text", { class: "count", y: 6, "text-anchor": "middle" }),
    make("svg:text", { class: "unit", y: 32, "text-anchor": "middle" }));
}

/// One path for all arcs of a member.
function drawArcs(svg, ring, members) {
  if (shownArcs === ring.fingerprint) return;
  shownArcs = ring.fingerprint;
  const paths = members.map(() => "");
  const arcs = ring.arcs ?? [];
  const point = (step) => {
    const angle = (step / ring.steps) * 2 * Math.PI;
    return `${(Math.sin(angle) * radius.fine).toFixed(2)} ${(-Math.cos(angle) * radius.fine).toFixed(2)}`;
  };
  let start = arcs.length >= 2 ? arcs[arcs.length - 2] - ring.steps : 0;
  for (let index = 0; index + 1 < arcs.length; index += 2) {
    const [end, owner] = [arcs[index], arcs[index + 1]];
    // A lone member owns the whole circle, which no single arc can draw.
    const middle = (start + end) / 2;
    paths[owner] += `M${point(start)}A${radius.fine} ${radius.fine} 0 0 1 ${point(middle)}A${radius.fine} ${radius.fine} 0 0 1 ${point(end)}`;
    start = end;
  }
  svg.querySelector(".fine").replaceChildren(
    ...members.map((member, index) => make("svg:path", { d: paths[index], class: colourClass(member.name) })));
}

/// Asks for a key as it is typed. Returns what asks once more, for when the ring has changed.
export function watchKey(form, answer) {
  const input = form.elements.namedItem("key");
  let asked = 0;
  let timer = 0;

  async function ask() {
    const key = input.value;
    const number = ++asked;
    const pin = document.querySelector("#ring .pin");
    if (key === "") {
      answer.replaceChildren();
      pin?.setAttribute("visibility", "hidden");
      choose(undefined);
      return;
    }
    let place;
    try {
      const response = await fetch(`ring/where/${encodeURIComponent(key)}`, { headers: { accept: "application/json" } });
      place = await response.json();
      if (!response.ok) throw new Error(place.detail);
    } catch (error) {
      if (number === asked) answer.replaceChildren(`The node does not say: ${error.message}`);
      return;
    }
    if (number === asked) show(place, answer, pin);
  }

  form.addEventListener("submit", (event) => { event.preventDefault(); ask(); });
  input.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(ask, 150); });
  return ask;
}

/// Lets the owner of a key stand out among the others.
function choose(owner) {
  for (const piece of document.querySelectorAll("#ring .broad circle")) {
    piece.classList.toggle("faded", owner !== undefined && piece.dataset.key !== owner);
  }
}

function show(place, answer, pin) {
  const [owner, ...others] = place.owners;
  choose(owner);
  pin?.setAttribute("visibility", "visible");
  pin?.setAttribute("class", `pin ${colourClass(owner)}`);
  if (pin) pin.style.transform = `rotate(${(place.position * 360).toFixed(3)}deg)`;
  if (owner === undefined) {
    answer.replaceChildren("Nobody: the ring is empty.");
    return;
  }
  const chips = (names) => names.flatMap((name) => [" ", chip(name)]);
  const lines = [make("p", {}, "owner", ...chips([owner]), ...(others.length ? [make("span", { class: "note" }, " then"), ...chips(others)] : []))];
  for (const [role, names] of Object.entries(place.byRole)) {
    if (names.join() !== place.owners.join()) lines.push(make("p", { class: "note" }, `for ${role}`, ...chips(names)));
  }
  answer.replaceChildren(...lines);
}
