// A drawing of a picture cut into patches: ink, tints, numbers, crosses and a frame. Each part is made
// once, and only changed from then on.

import { digits, setText, svg, update } from "./dom.js";

const CELL = 40; // units of the drawing, the side of a patch
const MARGIN = 2;

export function patchDrawing(label, { side, patch }) {
  const across = side / patch;
  const pixel = CELL / patch;
  const size = across * CELL + 2 * MARGIN;
  const viewBox = `${-MARGIN} ${-MARGIN} ${size} ${size}`;
  const places = Array.from({ length: across ** 2 }, (_, i) => ({
    x: (i % across) * CELL,
    y: Math.floor(i / across) * CELL,
  }));
  const ink = Array.from({ length: side ** 2 }, (_, i) =>
    square({ x: (i % side) * pixel, y: Math.floor(i / side) * pixel }, pixel, "wl-ink"),
  );
  const tints = places.map((place) => square(place, CELL, "wl-weight"));
  const lines = places.map((place) => square(place, CELL, "wl-line"));
  const numbers = places.map(number);
  const crosses = places.map(cross);
  const frame = square(places[0], CELL, "wl-query");
  const element = svg(
    "svg",
    { viewBox, role: "img", "aria-label": label },
    ...[...tints, ...ink, ...lines, ...numbers, ...crosses],
    frame,
  );
  return {
    element,
    across,
    /** The pixels as dark as `shade` lets them be, the patches in `off` crossed out, the one at
        `place`, from 1, in a frame. Over them, where there are weights, tints and numbers. */
    show({ pixels, shade, weights = [], off = [], place }) {
      pixels.forEach((amount, i) => {
        update(ink[i], { "fill-opacity": (shade * amount).toFixed(3) });
      });
      const highest = Math.max(...weights); // as dark as its weight, the largest always the same
      places.forEach((_, i) => {
        const known = i in weights;
        update(tints[i], { "fill-opacity": known ? tint(weights[i] / highest) : 0 });
        setText(numbers[i], known ? digits(weights[i]) : "");
        seen(crosses[i], off.includes(i));
      });
      seen(frame, place > 0);
      if (place > 0) update(frame, places[place - 1]);
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

const square = (place, side, name) =>
  svg("rect", { class: name, ...place, width: side, height: side });

const tint = (share) => (0.55 * share).toFixed(3);

const seen = (part, there) => update(part, { visibility: there ? "visible" : "hidden" });

const number = ({ x, y }) =>
  svg("text", { x: x + CELL / 2, y: y + CELL / 2 + 4, "text-anchor": "middle" });

function cross({ x, y }) {
  const long = CELL - 16;
  const d = `M${x + 8} ${y + 8} l${long} ${long} m0 ${-long} l${-long} ${long}`;
  return svg("path", { class: "wl-cross", d });
}
