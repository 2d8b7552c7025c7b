// The vectors behind the chosen number: the query that asks, the key and value asked about.

import { digits, html, setText, update } from "./dom.js";
import { say } from "./say.js";
import { KINDS, LIMIT, MOST } from "./your_own_numbers.js";

const END = LIMIT / 10;
const VECTORS = {
  query: (word) => say("query of “{word}”", { word }),
  key: (word) => say("key of “{word}”", { word }),
  value: (word) => say("value of “{word}”", { word }),
};
const NUMBERS = {
  query: (told) => say("query of {word}, number {number}", told),
  key: (told) => say("key of {word}, number {number}", told),
  value: (told) => say("value of {word}, number {number}", told),
};

/** Sliders and fields of three vectors. `move(kind, place, tenths)` hears of a number moved. */
export function vectorSliders(move) {
  const groups = KINDS.map((kind, number) => vectorGroup(kind, (...to) => move(number, ...to)));
  return {
    element: html("div", { class: "own-vectors" }, ...groups.map(({ element }) => element)),
    show({ vectors, names, word, key }) {
      groups.forEach((group, kind) => {
        const owner = kind === 0 ? word : key;
        group.show(names[owner], vectors[kind][owner]);
      });
    },
  };
}

function vectorGroup(kind, move) {
  const title = html("p", { class: kind });
  const group = html("div", { role: "group" });
  const rows = Array.from({ length: MOST.size }, (_, place) =>
    numberRow(kind, place, (tenths) => move(place, tenths)),
  );
  group.append(title, ...rows.map(({ element }) => element));
  return {
    element: group,
    show(name, vector) {
      setText(title, VECTORS[kind](name));
      update(group, { "aria-label": title.textContent });
      rows.forEach((row, place) => {
        row.element.hidden = place >= vector.length;
        if (!row.element.hidden) row.show(name, vector[place]);
      });
    },
  };
}

function numberRow(kind, place, move) {
  const range = { min: -END, max: END, step: 0.1 };
  const slider = html("input", { type: "range", ...range });
  const field = html("input", { type: "number", ...range });
  const name = html("span", { class: kind, "aria-hidden": "true" }, `${kind[0]}${"₁₂₃₄"[place]}`);
  let now = 0;
  slider.addEventListener("input", () => move(tenthsOf(slider.value)));
  field.addEventListener("change", () => {
    const typed = field.value === "" ? Number.NaN : Number(field.value);
    if (Number.isFinite(typed)) move(tenthsOf(typed));
    else field.value = now;
  });
  return {
    element: html("div", { class: "own-number" }, name, slider, field),
    show(word, number) {
      now = number;
      const label = NUMBERS[kind]({ word, number: place + 1 });
      slider.value = number;
      field.value = number;
      update(slider, { "aria-label": label, "aria-valuetext": digits(number, 1) });
      update(field, { "aria-label": say("{label}, typed", { label }) });
    },
  };
}

/** A number in tenths, within what there is. */
export const tenthsOf = (value) => Math.max(-LIMIT, Math.min(LIMIT, Math.round(value * 10))) + 0;
