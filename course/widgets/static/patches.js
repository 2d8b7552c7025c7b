// A drawing of a picture cut into patches: ink, tints, numbers, crosses and a frame.

import { digits, redraw, svg } from "./dom.js";

const CELL = 40; // units of the drawing, the side of a patch
const MARGIN = 2;

export function patchDrawing(label, { side, patch }) {
  const across = side / patch;
  const pixel = CELL / patch;
  const size = across * CELL + 2 * MARGIN;
  const viewBox = `${-MARGIN} ${-MARGIN} ${size} ${size}`;
  const element = svg("svg", { viewBox, role: "img", "aria-label": label });
  const places = Array.from({ length: across ** 2 }, (_, i) => ({
    x: (i % across) * CELL,
    y: Math.floor(i / across) * CELL,
  }));
  return {
    element,
    across,
    ink: (pixels, shade) =>
      pixels.map((amount, i) =>
        square({ x: (i % side) * pixel, y: Math.floor(i / side) * pixel }, pixel, {
          class: "wl-ink",
          "fill-opacity": (shade * amount).toFixed(3),
        }),
      ),
    lines: () => places.map((place) => square(place, CELL, { class: "wl-line" })),
    tints: (weights) => tints(weights, places),
    numbers: (weights) => weights.map((weight, i) => number(weight, places[i])),
    crosses: (patches) => patches.map((i) => cross(places[i])),
    /** Draws the layers over one another, and a frame around the patch at `place`, from 1. */
    show(...layers) {
      const place = layers.pop();
      const frame = place === 0 ? [] : [square(places[place - 1], CELL, { class: "wl-query" })];
      redraw(element, ...layers.flat(), ...frame);
    },
    /** The number of the patch under the pointer, from 0. */
    patchUnder({ clientX, clientY }) {
      const { left, top, width } = element.getBoundingClientRect();
      const [x, y] = [clientX - left, clientY - top].map((length) =>
        Math.max(0, Math.min(across - 1, Math.floor((across * length) / width))),
      );
      return y * across + x;
    },
  };
}

const square = (place, side, attributes) =>
  svg("rect", { ...place, width: side, height: side, ...attributes });

/** Patches as dark as their weights, the largest always the same. */
function tints(weights, places) {
  const highest = Math.max(...weights);
  return weights.map((weight, i) =>
    square(places[i], CELL, {
      class: "wl-weight",
      "fill-opacity": ((0.55 * weight) / highest).toFixed(3),
    }),
  );
}

function number(weight, { x, y }) {
  const middle = { x: x + CELL / 2, y: y + CELL / 2 + 4, "text-anchor": "middle" };
  return svg("text", middle, digits(weight));
}

function cross({ x, y }) {
  const long = CELL - 16;
  const d = `M${x + 8} ${y + 8} l${long} ${long} m0 ${-long} l${-long} ${long}`;
  return svg("path", { class: "wl-cross", d });
}
