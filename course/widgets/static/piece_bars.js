// A table of a model's pieces, each with a number as a bar and in digits.

import { digits, html, setText } from "./dom.js";
import { say } from "./say.js";

/** A piece as it is shown: its spaces and line ends can be seen. */
export function visible(piece) {
  return piece.replaceAll(" ", "␣").replaceAll("\n", "↵");
}

/** `show` takes [piece, share] for each row. */
export function pieceBars(kind, caption, places) {
  const body = html("tbody", {});
  const headings = [say("piece"), say("as a bar"), say("number")].map((name) =>
    html("th", { scope: "col" }, name),
  );
  const element = html(
    "table",
    { class: `smol-bars ${kind}` },
    html("caption", {}, caption),
    html("thead", { class: "attn-hidden" }, html("tr", {}, ...headings)),
    body,
  );
  const made = [];
  return {
    element,
    show(shares) {
      while (made.length < shares.length) made.push(row());
      const wanted = made.slice(0, shares.length);
      if (body.rows.length !== wanted.length) {
        body.replaceChildren(...wanted.map((one) => one.element));
      }
      shares.forEach(([piece, share], i) => {
        setText(wanted[i].name, visible(piece));
        setText(wanted[i].number, digits(share, places));
        wanted[i].bar.style.width = `${100 * share}%`;
      });
    },
  };
}

function row() {
  const name = html("th", { scope: "row" });
  const bar = html("span", {});
  const number = html("td", { class: "digits" });
  return {
    name,
    bar,
    number,
    element: html("tr", {}, name, html("td", { class: "track" }, bar), number),
  };
}
