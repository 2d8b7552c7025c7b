// Windows: which pixels know of the pressed one, when every layer looks inside its windows only.

import { isPlace } from "./checks.js";
import { html, setText, spoken, update } from "./dom.js";
import { set, watch } from "./model.js";
import { roving } from "./roving.js";
import { say } from "./say.js";

/** The window of each pixel, row after row: windows of `size`, moved by `shift`, so that those at the
    border are cut. */
export function labels(side, size, shift) {
  const number = (place) => Math.floor((place - shift) / size);
  return Array.from(
    { length: side * side },
    (_, i) => side * number(Math.floor(i / side)) + number(i % side),
  );
}

/** Which pixels know of `pixel` after so many layers. */
export function know({ side, size, layers, moved, pixel }) {
  let known = Array.from({ length: side * side }, (_, i) => i === pixel);
  for (let layer = 0; layer < layers; layer++) {
    const window = labels(side, size, shiftOf({ side, size, moved }, layer));
    const met = new Set(window.filter((_, i) => known[i]));
    known = window.map((one) => met.has(one));
  }
  return known;
}

/** By how much a layer's windows are moved: half a window in every second layer. */
export function shiftOf({ side, size, moved }, layer) {
  return moved && layer % 2 === 1 && size < side ? size / 2 : 0;
}

/** What the picture shows, in words. */
export function describe(state) {
  const { side, size, layers, moved, pixel } = state;
  const count = know(state).filter(Boolean).length;
  const all = side * side;
  const [row, column] = [Math.floor(pixel / side) + 1, (pixel % side) + 1];
  const known = say(
    layers === 1
      ? "After 1 layer of {windows}, {count} of {all} pixels know of the one in row {row}, column {column}."
      : "After {layers} layers of {windows}, {count} of {all} pixels know of the one in row {row}, column {column}.",
    { layers, windows: windowsOf(side, size, moved), count, all, row, column },
  );
  const compared = say("A layer compares {pairs} pairs of {all}.", {
    pairs: all * size * size,
    all: all * all,
  });
  return `${known} ${compared}`;
}

function windowsOf(side, size, moved) {
  if (size === side) return say("{size} × {size} windows", { size });
  return say(
    moved
      ? "{size} × {size} windows, moved in every second layer"
      : "{size} × {size} windows, never moved",
    { size },
  );
}

function render({ model, el }) {
  const side = model.get("side");
  const cells = Array.from({ length: side * side }, (_, i) => {
    const button = html("button", { type: "button" });
    button.addEventListener("click", () => set(model, { pixel: i }));
    return button;
  });
  const stop = roving(cells, side, (pixel) => set(model, { pixel }));
  const grid = html(
    "div",
    { class: "win-grid", role: "group", "aria-label": say("Pixels; arrow keys move") },
    ...cells,
  );
  const says = spoken("attn-says");
  const hint = say("Press a pixel. Lines: the windows of the last layer.");
  el.append(
    html("div", { class: "attn win" }, grid, html("p", { class: "attn-hint" }, hint), says),
  );
  const show = () => {
    const state = stateOf(model);
    const known = know(state);
    const window = labels(side, state.size, shiftOf(state, state.layers - 1));
    stop(state.pixel);
    cells.forEach((cell, i) => {
      update(cell, {
        "aria-label": say(
          known[i]
            ? "row {row}, column {column}: knows"
            : "row {row}, column {column}: does not know",
          { row: Math.floor(i / side) + 1, column: (i % side) + 1 },
        ),
        "aria-pressed": i === state.pixel,
        "data-knows": known[i],
        "data-right": (i + 1) % side > 0 && window[i] !== window[i + 1],
        "data-below": i + side < cells.length && window[i] !== window[i + side],
      });
    });
    setText(says, describe(state));
  };
  watch(model, ["size", "layers", "moved", "pixel"], show);
  show();
}

function stateOf(model) {
  return {
    side: model.get("side"),
    size: model.get("sizes")[model.get("size")],
    layers: model.get("layers"),
    moved: model.get("moved"),
    pixel: model.get("pixel"),
  };
}

/** What an address may set. */
const shared = {
  pixel: (value, model) => isPlace(value, model.get("side") ** 2),
};

export default { render, shared };
