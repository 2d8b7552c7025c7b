// Tables of numbers: some of them lit, some only copies, and, where `choose` hears of it, buttons.

import { digits, html, setText, update } from "./dom.js";
import { roving } from "./roving.js";
import { say } from "./say.js";

/** A table; `show` takes its `name`, its `rows`, and of each cell (i, j) whether it is `lit`, a `copy`
    of another, and the one `chosen`. `choose(i, j)` hears of a cell that is pressed. */
export function numberTable(choose = null) {
  const caption = html("caption", {});
  const body = html("tbody", {});
  let [cells, shape, stop] = [[], "", () => {}];
  const build = (rows) => {
    const across = rows[0].length;
    cells = rows.map((row, i) => row.map((_, j) => cell(choose && (() => choose(i, j)))));
    body.replaceChildren(
      ...cells.map((row) => html("tr", {}, ...row.map((one) => html("td", {}, one)))),
    );
    if (choose)
      stop = roving(cells.flat(), across, (k) => choose(Math.floor(k / across), k % across));
  };
  return {
    element: html("table", { class: "numbers" }, caption, body),
    show({ name, rows, lit, copy = () => false, chosen = null, places = 0 }) {
      const now = rows.map((row) => row.length).join();
      if (now !== shape) build(rows);
      shape = now;
      setText(caption, name);
      rows.forEach((row, i) => {
        row.forEach((number, j) => {
          const text = digits(number, places);
          const one = cells[i][j];
          setText(one, text);
          one.classList.toggle("lit", lit(i, j));
          one.classList.toggle("copy", copy(i, j));
          if (!choose) return;
          const pressed = chosen?.[0] === i && chosen[1] === j;
          const told = say("{number}: row {row}, column {column}", {
            number: text,
            row: i,
            column: j,
          });
          update(one, { "aria-pressed": pressed, "aria-label": told });
          if (pressed) stop(i * row.length + j);
        });
      });
    },
  };
}

function cell(choose) {
  if (!choose) return html("span", {});
  const button = html("button", { type: "button" });
  button.addEventListener("click", choose);
  return button;
}

/** A shape as Python writes it: (3, 4), (4,), (). */
export function shapeName(sizes) {
  return sizes.length === 1 ? `(${sizes[0]},)` : `(${sizes.join(", ")})`;
}

/** The table turned on its side: its columns as rows. */
export const turned = (rows) => rows[0].map((_, j) => rows.map((row) => row[j]));
