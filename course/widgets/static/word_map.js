// A map of weights between words: a row for each that looks, a column for each it sees.

import { digits, svg } from "./dom.js";
import { argmax } from "./math.js";
import { say } from "./say.js";

const CELL = 20; // units of the drawing
const [LEFT, TOP] = [74, 62]; // room for the words
const GAP = 2;
const MANY = 13; // columns from which on letters shrink too far on a phone
const NAMED = 20; // rows or columns that all have a name; of more, only some, in larger letters

/** Which of `count` words are written at a map: all of a few, else evenly apart, and `kept` in any case. */
export function named(count, kept = null) {
  const apart = Math.ceil(count / NAMED);
  const near = (i) => kept !== null && i !== kept && Math.abs(i - kept) < apart;
  return Array.from({ length: count }, (_, i) => i).filter(
    (i) => i === kept || (i % apart === 0 && !near(i)),
  );
}

/** The map as a drawing. `now` is the row in a frame, if any. */
export function wordMap({ rows, columns, weights, label, now = null }) {
  const scale = Math.max(1, rows.length / NAMED, columns.length / NAMED);
  const [left, top] = [LEFT * scale, TOP * scale];
  const width = left + CELL * columns.length + 34 * scale;
  const height = top + CELL * rows.length + 4;
  const best = now === null ? null : argmax(weights[now]);
  return svg(
    "svg",
    {
      class: columns.length > MANY ? "attn-map many" : "attn-map",
      viewBox: `0 0 ${width} ${height}`,
      style: `max-width: ${width}px; --scale: ${scale}`,
      role: "img",
      "aria-label": label,
    },
    ...named(columns.length, best).map((j) => columnName(columns[j], j, scale)),
    ...named(rows.length, now).map((i) =>
      rowName(rows[i], i, scale, columns, weights[i], i === now),
    ),
    svg("g", { transform: `translate(${left} ${top})` }, ...weights.flatMap(cells)),
    ...(now === null ? [] : [frame(now, columns.length, left, top)]),
  );
}

function columnName(word, j, scale) {
  const transform = `translate(${LEFT * scale + CELL * (j + 0.6)} ${(TOP - 6) * scale}) rotate(-55)`;
  return svg("text", { class: "key", transform }, word);
}

function rowName(word, i, scale, columns, weights, now) {
  const best = argmax(weights);
  return svg(
    "text",
    {
      class: now ? "query now" : "query",
      x: (LEFT - 8) * scale,
      y: TOP * scale + CELL * (i + 0.5) + 4 * scale,
      "text-anchor": "end",
    },
    word,
    svg(
      "title",
      {},
      say("{word}: most at {best}, {weight}", {
        word,
        best: columns[best],
        weight: digits(weights[best]),
      }),
    ),
  );
}

function cells(weights, i) {
  return weights.map((weight, j) =>
    svg("rect", {
      x: CELL * j,
      y: CELL * i,
      width: CELL - GAP,
      height: CELL - GAP,
      rx: 3,
      style: `fill-opacity: ${weight.toFixed(3)}`,
    }),
  );
}

function frame(row, columns, left, top) {
  return svg("rect", {
    class: "frame",
    x: left - GAP,
    y: top + CELL * row - GAP,
    width: CELL * columns + GAP,
    height: CELL + GAP,
    rx: 4,
  });
}
