// Words that look, to choose from, and words looked at, with arcs between them.

import { digits, html, redraw } from "./dom.js";
import { roving } from "./roving.js";
import { say } from "./say.js";
import { wordColumn, wordColumns } from "./word_columns.js";

/** Both columns; `choose(place)` hears which word is to look. `show` takes the words of both, the
    map of weights and the row that looks. */
export function looks(choose) {
  const from = wordColumn("queries", say("Words that look"));
  const to = wordColumn("keys", say("Words looked at"));
  const arcs = wordColumns(from, to);
  return {
    element: arcs.element,
    show({ rows, columns, map, row }) {
      const focused = from.contains(document.activeElement);
      const buttons = rows.map((text, i) => {
        const button = html("button", { type: "button", "aria-pressed": i === row }, text);
        button.addEventListener("click", () => choose(i));
        return button;
      });
      roving(buttons, 1, choose)(row);
      from.replaceChildren(...buttons.map((button) => html("li", {}, button)));
      if (focused) buttons[row].focus();
      redraw(to, ...columns.map((text, j) => keyWord(text, map[row][j])));
      const lines = map.flatMap((weights, left) =>
        weights.map((weight, right) => ({ weight, left, right, now: left === row })),
      );
      arcs.show(
        lines.filter(({ weight, now }) => weight > (now ? 0.02 : 0.1)),
        Math.max(rows.length, columns.length),
      );
    },
  };
}

const keyWord = (text, weight) =>
  html(
    "li",
    { style: `--weight: ${weight.toFixed(3)}` },
    html("span", { class: "word" }, text),
    html("span", { class: "digits" }, digits(weight)),
  );
