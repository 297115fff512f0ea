// Words, signs and colours that all parts of the page share.

/// Makes an element; texts become text nodes, so that nothing a peer says is ever read as markup.
export function make(tag, attributes = {}, ...children) {
  const element = tag.startsWith("svg:")
    ? document.createElementNS("http://www.w3.org/2000/svg", tag.slice(4))
    : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined && value !== false) element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

/// Sets a text only where it differs: what does not change is not touched, not announced and not painted.
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/// Brings the children of `parent` in line with `items`, by key; keeps the elements of those that stay.
export function reconcile(parent, items, key, create, update) {
  const known = new Map([...parent.children].map((child) => [child.dataset.key, child]));
  let place = parent.firstElementChild;
  for (const item of items) {
    const name = String(key(item));
    let child = known.get(name);
    if (child) {
      known.delete(name);
    } else {
      child = create(item);
      child.dataset.key = name;
    }
    update(child, item);
    if (child === place) place = place.nextElementSibling;
    else parent.insertBefore(child, place);
  }
  for (const child of known.values()) child.remove();
}

/// Shows that an element has just changed. The style sheet decides how, and not at all for those who want no motion.
export function flash(element) {
  element.classList.remove("flash");
  void element.getBoundingClientRect();
  element.classList.add("flash");
}

export const signs = {
  alive: "●", suspect: "▲", dead: "✕", left: "○",
  Pending: "◌", Processing: "▶", Completed: "✓", Failed: "✕", Lost: "✕",
  good: "●", info: "•", warning: "▲", bad: "✕",
};

/// Milliseconds as people say them: 850 ms, 12 s, 3 min 05 s, 2 h 07 min, 4 d 3 h.
export function duration(ms, { fine = false } = {}) {
  const time = Math.max(0, ms);
  if (fine && time < 1000) return `${Math.round(time)} ms`;
  if (fine && time < 60000) return `${(time / 1000).toFixed(1)} s`;
  const seconds = Math.floor(time / 1000), minutes = Math.floor(seconds / 60), hours = Math.floor(minutes / 60);
  const two = (number) => String(number).padStart(2, "0");
  if (minutes === 0) return `${seconds} s`;
  if (hours === 0) return `${minutes} min ${two(seconds % 60)} s`;
  if (hours < 24) return `${hours} h ${two(minutes % 60)} min`;
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

export function clock(ms) {
  const time = new Date(ms), two = (number) => String(number).padStart(2, "0");
  return `${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}`;
}

export function percent(fraction) {
  return `${(fraction * 100).toFixed(1)}\u202f%`;
}

/// Long whole numbers in groups of three digits, as people read them.
export function grouped(text) {
  return text.replace(/\d{5,}/g, (digits) => digits.replace(/\B(?=(\d{3})+$)/g, "\u202f"));
}

/// A link only where it leads to a web page, whatever a member claims.
export function webAddress(text, path = "/") {
  try {
    const url = new URL(path, text);
    return ["http:", "https:"].includes(url.protocol) ? url.href : null;
  } catch {
    return null;
  }
}

// Colours go to names in the order in which they are first seen, the first picture's in the order of names, and stay with them. Of
// names that are gone the newest are kept, for the log and for jobs that have ended: a page may stay open for months.
const colours = new Map();
const colourCount = 12;
const goneKept = 500;
let met = 0;

export function meetNames(names) {
  const present = new Set(names);
  for (const name of [...present].sort()) if (!colours.has(name)) colours.set(name, met++ % colourCount);
  const gone = [...colours.keys()].filter((name) => !present.has(name));
  for (const name of gone.slice(0, -goneKept)) colours.delete(name);
}

export function colourClass(name) {
  return colours.has(name) ? `c${colours.get(name)}` : "stranger";
}

/// Characters that a chip surely shows.
const chipLength = 14;

/// A node's name with its colour beside it.
export function chip(name, extra = "") {
  const title = name.length > chipLength ? name : null;
  return make("span", { class: `chip ${colourClass(name)} ${extra}`.trim(), title }, make("i", { "aria-hidden": "true" }), name);
}
