// The frame of a chart: lines across it with their numbers, numbers below it, and what they count.

import { svg } from "./dom.js";

/** Lines across the `box` { left, right, bottom }, for each [y in the drawing, its number]. */
export function rowLines({ left, right }, rows) {
  return rows.flatMap(([y, text]) => [
    svg("line", { class: "grid", x1: left, x2: right, y1: y, y2: y }),
    svg("text", { class: "quiet", x: left - 6, y: y + 4, "text-anchor": "end" }, text),
  ]);
}

/** Numbers under the box, for each [x in the drawing, its number], and what they count. */
export function columnNames({ left, right, bottom }, columns, counted) {
  const below = (x, y, text) =>
    svg("text", { class: "quiet", x, y: bottom + y, "text-anchor": "middle" }, text);
  return [
    ...columns.map(([x, text]) => below(x, 18, text)),
    below((left + right) / 2, 36, counted),
  ];
}

/** A path through points [x, y] of the drawing. */
export const path = (points) =>
  `M${points.map(([x, y]) => `${x.toFixed(1)} ${y.toFixed(1)}`).join("L")}`;
