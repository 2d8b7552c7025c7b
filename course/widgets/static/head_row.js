// One row of weights of a text that is too long for a map.

import { isPlace } from "./checks.js";
import { digits, html, update } from "./dom.js";
import { visible } from "./head_words.js";
import { say } from "./say.js";

/** For a text too long for a map: the number of a query, and the keys that it weighs most. */
export function longRow(choose) {
  const label = say("Query, by its place");
  const input = html("input", { type: "number", min: 0, "aria-label": label });
  input.addEventListener("change", () => {
    const row = Number(input.value);
    if (isPlace(row, Number(input.max) + 1)) choose(row);
  });
  const body = html("tbody", {});
  const caption = html("caption", {}, say("Where it looks most, in the order of the text"));
  const table = html("table", { class: "explore-row" }, caption, body);
  const element = html("div", {}, html("label", {}, say("query"), " ", input), table);
  return {
    element,
    show({ long, from, to, row, heaviest }) {
      element.hidden = !long;
      if (!long) return;
      update(input, { max: from.length - 1 });
      if (document.activeElement !== input) input.value = row;
      const lines = heaviest.map(([place, weight]) =>
        html(
          "tr",
          {},
          html("th", { scope: "row" }, `${place} ${visible(to[place])}`),
          html("td", { class: "track" }, html("span", { style: `width: ${100 * weight}%` })),
          html("td", { class: "digits" }, digits(weight, 3)),
        ),
      );
      body.replaceChildren(...lines);
    },
  };
}
