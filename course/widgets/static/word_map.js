// A map of weights between words: a row for each that looks, a column for each it sees.

import { digits, svg } from "./dom.js";
import { argmax } from "./math.js";
import { say } from "./say.js";

const CELL = 20; // units of the drawing
const [LEFT, TOP] = [74, 62]; // room for the words
const GAP = 2;
const MANY = 13; // columns from which on letters shrink too far on a phone

/** The map as a drawing. `now` is the row in a frame, if any. */
export function wordMap({ rows, columns, weights, label, now = null }) {
  const width = LEFT + CELL * columns.length + 34;
  const height = TOP + CELL * rows.length + 4;
  return svg(
    "svg",
    {
      class: columns.length > MANY ? "attn-map many" : "attn-map",
      viewBox: `0 0 ${width} ${height}`,
      style: `max-width: ${width}px`,
      role: "img",
      "aria-label": label,
    },
    ...columns.map(columnName),
    ...rows.map((word, i) => rowName(word, i, columns, weights[i], i === now)),
    ...weights.flatMap(cells),
    ...(now === null ? [] : [frame(now, columns.length)]),
  );
}

function columnName(word, j) {
  const transform = `translate(${LEFT + CELL * (j + 0.6)} ${TOP - 6}) rotate(-55)`;
  return svg("text", { class: "key", transform }, word);
}

function rowName(word, i, columns, weights, now) {
  const best = argmax(weights);
  return svg(
    "text",
    {
      class: now ? "query now" : "query",
      x: LEFT - 8,
      y: TOP + CELL * (i + 0.7),
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
      x: LEFT + CELL * j,
      y: TOP + CELL * i,
      width: CELL - GAP,
      height: CELL - GAP,
      rx: 3,
      style: `fill-opacity: ${weight.toFixed(3)}`,
    }),
  );
}

function frame(row, columns) {
  return svg("rect", {
    class: "frame",
    x: LEFT - GAP,
    y: TOP + CELL * row - GAP,
    width: CELL * columns + GAP,
    height: CELL + GAP,
    rx: 4,
  });
}
