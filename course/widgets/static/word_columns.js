// Two columns of words with arcs between them, as broad as the weights.

import { html, redraw, svg, update } from "./dom.js";

const ROW = 32; // px, the height of a word's row, as in words.css

/** An empty column: an ordered list that says what it holds. */
export const wordColumn = (kind, label) =>
  html("ol", { class: `attn-words ${kind}`, "aria-label": label });

/** Both columns with room for arcs. `show(lines, rows)` draws { weight, left, right, now } between
    the places `left` and `right`, those of now on top. */
export function wordColumns(left, right) {
  const arcs = svg("svg", { preserveAspectRatio: "none", "aria-hidden": "true" });
  return {
    element: html("div", { class: "attn-columns" }, left, arcs, right),
    show(lines, rows) {
      update(arcs, { viewBox: `0 0 100 ${rows * ROW}`, style: `height: ${rows * ROW}px` });
      redraw(arcs, ...lines.toSorted((a, b) => a.now - b.now).map(arc));
    },
  };
}

function arc({ weight, left, right, now }) {
  const [start, end] = [(left + 0.5) * ROW, (right + 0.5) * ROW];
  return svg("path", {
    d: `M0 ${start} C50 ${start} 50 ${end} 100 ${end}`,
    "stroke-width": (1 + 8 * weight).toFixed(1),
    opacity: (now ? 0.3 + 0.7 * weight : 0.2 * weight).toFixed(2),
  });
}
