// Broadcasting: two shapes laid over one another from the right, and what is repeated.

import { isPlace } from "./checks.js";
import { html, setText, spoken } from "./dom.js";
import { set, watch } from "./model.js";
import { numberTable, shapeName } from "./number_table.js";
import { say } from "./say.js";

const RANK = 2; // axes of a table

const padded = (shape) => [...Array(RANK - shape.length).fill(1), ...shape];

/** The common shape of two, or null where an axis has two sizes and neither is 1. */
export function common(first, second) {
  const rank = Math.max(first.length, second.length);
  const [a, b] = [padded(first), padded(second)];
  if (a.some((size, i) => size !== b[i] && size !== 1 && b[i] !== 1)) return null;
  return a.map((size, i) => Math.max(size, b[i])).slice(RANK - rank);
}

/** The tensor 1, 2, 3, … times `factor`, repeated until it has these rows and columns. */
export function stretched(shape, factor, [rows, columns]) {
  const [tall, wide] = padded(shape);
  return Array.from({ length: rows }, (_, i) =>
    Array.from({ length: columns }, (_, j) => factor * ((i % tall) * wide + (j % wide) + 1)),
  );
}

/** What the picture shows, in words. */
export function describe(first, second, [i, j]) {
  const shapes = { first: shapeName(first), second: shapeName(second) };
  const both = common(first, second);
  if (both === null) {
    const [a, b] = [padded(first), padded(second)];
    const axis = a.findLastIndex((size, k) => size !== b[k] && size !== 1 && b[k] !== 1);
    return say(
      "{first} and {second} do not fit: from the right, {one} stands over {other}, and neither is 1.",
      { ...shapes, one: a[axis], other: b[axis] },
    );
  }
  const size = padded(both);
  const [row, column] = [Math.min(i, size[0] - 1), Math.min(j, size[1] - 1)];
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
    const [i, j] = model.get("chosen");
    const chosen = size && [Math.min(i, size[0] - 1), Math.min(j, size[1] - 1)];
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
    setText(says, describe(...shapes, [i, j]));
  };
  watch(model, ["first", "second", "chosen"], show);
  show();
}

/** What an address may set. */
const shared = {
  chosen: (value) =>
    Array.isArray(value) && value.length === 2 && isPlace(value[0], 3) && isPlace(value[1], 4),
};

export default { render, shared };
