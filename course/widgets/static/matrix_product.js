// The matrix product: each number of a @ b is a row of a with a column of b, or with a row, by b.mT.

import { isCell } from "./checks.js";
import { html, setText, spoken } from "./dom.js";
import { dot } from "./math.js";
import { set, watch } from "./model.js";
import { numberTable, shapeName, turned } from "./number_table.js";
import { say } from "./say.js";

const shapeOf = (rows) => [rows.length, rows[0].length];

/** The rows of a @ b, or of a @ b.mT; null where the sizes in the middle differ. */
export function product(a, b, turn) {
  const columns = turn ? b : turned(b);
  if (columns[0].length !== a[0].length) return null;
  return a.map((row) => columns.map((column) => dot(row, column)));
}

/** What the picture shows, in words. */
export function describe(a, b, turn, [i, j]) {
  const columns = turn ? b : turned(b);
  const rows = product(a, b, turn);
  const shapes = { first: shapeName(shapeOf(a)), second: shapeName(shapeOf(turned(columns))) };
  if (rows === null) {
    return say(
      "{first} @ {second} is refused: a row of the first has {wide} numbers, a column of the second {tall}.",
      { ...shapes, wide: a[0].length, tall: columns[0].length },
    );
  }
  return say("{terms} = {result}. {first} @ {second} is {all}.", {
    ...shapes,
    terms: a[i].map((number, k) => `${number} · ${columns[j][k]}`).join(" + "),
    result: rows[i][j],
    all: shapeName(shapeOf(rows)),
  });
}

function render({ model, el }) {
  const [first, second] = [numberTable(), numberTable()];
  const result = numberTable((i, j) => set(model, { chosen: [i, j] }));
  const parts = [first, second, result].map(({ element }) => element);
  const says = spoken("attn-says");
  el.append(html("div", { class: "attn" }, html("div", { class: "tables" }, ...parts), says));
  const show = () => {
    const a = model.get("first");
    const b = model.get("seconds")[model.get("second")];
    const turn = model.get("turn");
    const [i, j] = model.get("chosen");
    const rows = product(a, b, turn);
    const taken = (row, column) => rows !== null && (turn ? row : column) === j;
    first.show({
      name: `a ${shapeName(shapeOf(a))}`,
      rows: a,
      lit: (row) => rows !== null && row === i,
    });
    second.show({ name: `b ${shapeName(shapeOf(b))}`, rows: b, lit: taken });
    result.element.hidden = rows === null;
    if (rows !== null) {
      const name = `a @ b${turn ? ".mT" : ""} ${shapeName(shapeOf(rows))}`;
      result.show({ name, rows, lit: () => false, chosen: [i, j] });
    }
    setText(says, describe(a, b, turn, [i, j]));
  };
  watch(model, ["second", "turn", "chosen"], show);
  show();
}

/** What an address may set. */
const shared = {
  chosen: (value) => isCell(value, 2, 4),
};

export default { render, shared };
