// Shows what a term means while the pointer rests on it or the focus is there. Escape puts it away.
"use strict";

const definitions = new Map(
  [...document.querySelectorAll("#terms > p")].map((one) => [one.dataset.term, one]),
);
const GAP = 6; // px between a term and its tip
const PATIENCE = 150; // ms in which the pointer may cross from the term to the tip
let tip = null;
let leaving = 0;

function hide() {
  clearTimeout(leaving);
  if (!tip) return;
  tip.term.removeAttribute("aria-describedby");
  tip.element.remove();
  tip = null;
}

function hideSoon() {
  clearTimeout(leaving);
  leaving = setTimeout(hide, PATIENCE);
}

function show(term) {
  clearTimeout(leaving);
  if (tip?.term === term) return;
  hide();
  const element = document.createElement("div");
  element.id = "term-tip";
  element.className = "term-tip";
  element.role = "tooltip";
  element.lang = document.getElementById("terms").lang; // English, where none is translated
  element.append(...definitions.get(term.hash.slice(1)).cloneNode(true).childNodes);
  element.addEventListener("mouseenter", () => clearTimeout(leaving));
  element.addEventListener("mouseleave", hideSoon);
  document.body.append(element);
  term.setAttribute("aria-describedby", element.id);
  tip = { term, element };
  place();
}

/** Under the term, or above it where there is no room; never off the page. */
function place() {
  if (!tip) return;
  const [line] = tip.term.getClientRects();
  const { width, height } = tip.element.getBoundingClientRect();
  const room = document.documentElement.clientWidth - width - 8;
  const below = line.bottom + GAP + height < window.innerHeight;
  const top = below ? line.bottom + GAP : line.top - GAP - height;
  tip.element.style.left = `${Math.max(8, Math.min(line.left, room)) + window.scrollX}px`;
  tip.element.style.top = `${top + window.scrollY}px`;
}

for (const word of document.querySelectorAll("a > .std-term")) {
  const term = word.parentElement;
  if (!definitions.has(term.hash.slice(1))) continue;
  term.removeAttribute("title");
  term.addEventListener("mouseenter", () => show(term));
  term.addEventListener("mouseleave", hideSoon);
  term.addEventListener("focus", () => show(term));
  term.addEventListener("blur", hide);
}
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") hide();
});
