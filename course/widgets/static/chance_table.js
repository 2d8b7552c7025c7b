// The likeliest tokens as a table of bars, before and after top-k and top-p; each a button.

import { digits, html, setText } from "./dom.js";
import { sum } from "./math.js";
import { say } from "./say.js";

const ROWS = 12;

/** A piece with its spaces and line ends made visible. */
export function visible(piece) {
  return piece.replaceAll(" ", "␣").replaceAll("\n", "↵");
}

/** An empty table; `choose(token)` hears which token is pressed. */
export function chanceTable(choose) {
  const rows = Array.from({ length: ROWS }, () => chanceRow(choose));
  const others = html("td", { class: "next-others", colspan: "3" });
  const columns = ["token", "track", "number"].map((name) => html("col", { class: name }));
  const headings = [say("token"), say("probability as a bar"), say("probability")].map((name) =>
    html("th", { scope: "col" }, name),
  );
  const element = html(
    "table",
    { class: "next-bars" },
    html("caption", {}, say("What may come next; press a token to add it yourself")),
    html("colgroup", {}, ...columns),
    html("thead", { class: "attn-hidden" }, html("tr", {}, ...headings)),
    html("tbody", {}, ...rows.map(({ element }) => element), html("tr", {}, others)),
  );
  return {
    element,
    show({ before, after, order }, pieces, busy) {
      const longest = Math.max(after[order[0]], before[order[0]]);
      rows.forEach((row, i) => {
        const token = order[i];
        row.show(token, pieces[token], before[token], after[token], longest);
        row.button.disabled = busy;
      });
      setText(others, ofTheOthers(order.slice(ROWS).map((token) => after[token])));
    },
  };
}

function ofTheOthers(chances) {
  const left = chances.filter((chance) => chance > 0);
  const count = chances.length;
  if (left.length === 0) return say("None of the {count} other tokens may come.", { count });
  return say("Of the {count} other tokens {left} may come too, together with {chance}.", {
    count,
    left: left.length,
    chance: digits(sum(left), 3),
  });
}

function chanceRow(choose) {
  let token = null;
  const button = html("button", { type: "button" });
  button.addEventListener("click", () => choose(token));
  const bars = [html("span", { class: "before" }), html("span", { class: "after" })];
  const number = html("td", { class: "digits" });
  const name = html("th", { scope: "row" }, button);
  const element = html("tr", {}, name, html("td", { class: "track" }, ...bars), number);
  return {
    button,
    element,
    show(shown, piece, before, after, longest) {
      token = shown;
      setText(button, visible(piece));
      element.classList.toggle("cut", after === 0);
      [before, after].forEach((chance, i) => {
        bars[i].style.transform = `translateX(${(100 * chance) / longest - 100}%)`;
      });
      setText(number, after === 0 ? say("cut") : digits(after, 3));
    },
  };
}
