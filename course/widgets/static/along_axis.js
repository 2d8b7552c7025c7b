// Along an axis: which numbers of a table a sum, a mean or a softmax takes together.

import { isCell } from "./checks.js";
import { digits, html, setText, spoken, update } from "./dom.js";
import { softmax, sum } from "./math.js";
import { set, watch } from "./model.js";
import { numberTable, shapeName, turned } from "./number_table.js";
import { say } from "./say.js";

const LAST = 1; // the place of dim=-1 among the axes
const POWERS = "⁰¹²³⁴⁵⁶⁷⁸⁹";

/** The result as rows; a sum or mean has one row of results, or one column. */
export function along(table, operation, axis) {
  if (axis !== LAST) return turned(along(turned(table), operation, LAST));
  if (operation === "softmax") return table.map((row) => softmax(row));
  return table.map((row) => [sum(row) / (operation === "mean" ? row.length : 1)]);
}

/** The numbers that go into the result at (i, j): a row of the table, or a column. */
export function taken(table, axis, [i, j]) {
  return axis === LAST ? table[i] : table.map((row) => row[j]);
}

/** What the picture shows, in words. */
export function describe(table, operation, axis, [i, j]) {
  const line = taken(table, axis, [i, j]);
  const result = along(table, operation, axis);
  const whole = [table.length, table[0].length];
  const values = {
    terms: line.join(" + "),
    count: line.length,
    result: digits(
      result[result.length > 1 ? i : 0][result[0].length > 1 ? j : 0],
      operation === "sum" ? 0 : 2,
    ),
    before: shapeName(whole),
    after: shapeName([whole[axis === LAST ? 0 : 1]]),
  };
  if (operation === "sum")
    return say("{terms} = {result}. The shape {before} becomes {after}.", values);
  if (operation === "mean")
    return say("({terms}) / {count} = {result}. The shape {before} becomes {after}.", values);
  const power = (number) => `e${POWERS[number]}`;
  const shares = { ...values, power: power(table[i][j]), terms: line.map(power).join(" + ") };
  return say(
    axis === LAST
      ? "{power} / ({terms}) = {result}. Every row sums to 1, and the shape stays {before}."
      : "{power} / ({terms}) = {result}. Every column sums to 1, and the shape stays {before}.",
    shares,
  );
}

function render({ model, el }) {
  const source = numberTable();
  const result = numberTable((i, j) => {
    const [row, column] = model.get("chosen");
    const { wide, tall } = stateOf(model);
    set(model, { chosen: [tall ? i : row, wide ? j : column] });
  });
  const tables = html("div", {}, source.element, result.element);
  const says = spoken("attn-says");
  el.append(html("div", { class: "attn" }, tables, says));
  const show = () => {
    const { table, operation, axis, chosen, rows, wide, tall } = stateOf(model);
    const [i, j] = chosen;
    update(tables, { class: tall ? "tables" : "tables below" });
    const lit = (row, column) => (axis === LAST ? row === i : column === j);
    source.show({ name: "x", rows: table, lit });
    result.show({
      name: `x.${operation}(dim=${axis === LAST ? -1 : 0})`,
      rows,
      lit: () => false,
      chosen: [tall ? i : 0, wide ? j : 0],
      places: operation === "sum" ? 0 : 2,
    });
    setText(says, describe(table, operation, axis, chosen));
  };
  watch(model, ["operation", "axis", "chosen"], show);
  show();
}

function stateOf(model) {
  const table = model.get("table");
  const operation = model.get("operations")[model.get("operation")];
  const axis = model.get("axis");
  const rows = along(table, operation, axis);
  const [wide, tall] = [rows[0].length > 1, rows.length > 1];
  return { table, operation, axis, chosen: model.get("chosen"), rows, wide, tall };
}

/** What an address may set. */
const shared = {
  chosen: (value, model) => isCell(value, model.get("table").length, model.get("table")[0].length),
};

export default { render, shared };
