// Broadcasting: two shapes laid over one another from the right, and what is repeated.

import { isCell } from "./checks.js";
import { html, setText, spoken } from "./dom.js";
import { set, watch } from "./model.js";
import { numberTable, shapeName } from "./number_table.js";
import { say } from "./say.js";

const RANK = 2; // axes of a table

const padded = (shape) => [...Array(RANK - shape.length).fill(1), ...shape];

/** The last axis that has two sizes, neither of them 1; −1 if there is none. */
const misfit = (first, second) => {
  const [a, b] = [padded(first), padded(second)];
  return a.findLastIndex((size, k) => size !== b[k] && size !== 1 && b[k] !== 1);
};

/** The common shape of two, or null where they do not fit. */
export function common(first, second) {
  if (misfit(first, second) >= 0) return null;
  const [a, b] = [padded(first), padded(second)];
  const rank = Math.max(first.length, second.length);
  return a.map((size, i) => Math.max(size, b[i])).slice(RANK - rank);
}

/** The number chosen, or the nearest there is in a table of these rows and columns. */
const nearest = ([i, j], [rows, columns]) => [Math.min(i, rows - 1), Math.min(j, columns - 1)];

/** The tensor 1, 2, 3, … times `factor`, repeated until it has these rows and columns. */
export function stretched(shape, factor, [rows, columns]) {
  const [tall, wide] = padded(shape);
  return Array.from({ length: rows }, (_, i) =>
    Array.from({ length: columns }, (_, j) => factor * ((i % tall) * wide + (j % wide) + 1)),
  );
}

/** What the picture shows, in words. */
export function describe(first, second, chosen) {
  const shapes = { first: shapeName(first), second: shapeName(second) };
  const both = common(first, second);
  if (both === null) {
    const axis = misfit(first, second);
    return say(
      "{first} and {second} do not fit: from the right, {one} stands over {other}, and neither is 1.",
      { ...shapes, one: padded(first)[axis], other: padded(second)[axis] },
    );
  }
  const size = padded(both);
  const [row, column] = nearest(chosen, size);
  const [one, other] = [stretched(first, 1, size), stretched(second, 10, size)].map(
    (rows) => rows[row][column],
  );
  return say("{first} and {second} make {both}. The number chosen: {one} + {other} = {all}.", {
    ...shapes,
    both: shapeName(both),
    one,
    other,
    all: one + other,
  });
}

function render({ model, el }) {
  const [first, second] = [numberTable(), numberTable()];
  const result = numberTable((i, j) => set(model, { chosen: [i, j] }));
  const says = spoken("attn-says");
  const parts = [first, second, result].map(({ element }) => element);
  const hint = html("p", { class: "attn-hint" }, say("Dashed: a copy, which is never stored."));
  el.append(html("div", { class: "attn" }, html("div", { class: "tables" }, ...parts), says, hint));
  const show = () => {
    const shapes = ["first", "second"].map((name) => model.get("shapes")[model.get(name)]);
    const both = common(...shapes);
    const size = both && padded(both);
    const chosen = size && nearest(model.get("chosen"), size);
    [first, second].forEach((table, k) => {
      const [tall, wide] = padded(shapes[k]);
      table.show({
        name: `${"ab"[k]} ${shapeName(shapes[k])}`,
        rows: stretched(shapes[k], [1, 10][k], size ?? [tall, wide]),
        lit: (row, column) => chosen?.[0] === row && chosen[1] === column,
        copy: (row, column) => row >= tall || column >= wide,
      });
    });
    result.element.hidden = !size;
    if (size) {
      const [a, b] = [stretched(shapes[0], 1, size), stretched(shapes[1], 10, size)];
      const rows = a.map((row, r) => row.map((number, c) => number + b[r][c]));
      result.show({ name: `a + b ${shapeName(both)}`, rows, lit: () => false, chosen });
    }
    setText(says, describe(...shapes, model.get("chosen")));
  };
  watch(model, ["first", "second", "chosen"], show);
  show();
}

/** What an address may set. */
const shared = {
  chosen: (value) => isCell(value, 3, 4),
};

export default { render, shared };
