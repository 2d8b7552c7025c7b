// What is drawn of a step of the tour: rows of numbers as strips, and bars. It is drawn anew for another
// step or another word; another number of the same only moves the frame.

import { html } from "./dom.js";
import { stripOf } from "./strip.js";

/** `choose(traits)` hears which number of which row is pressed. */
export function pictureOf(choose) {
  const element = html("div", { class: "tour-picture" });
  let [drawn, strips] = ["", []];
  return {
    element,
    show(step, now, { strips: rows, followed }) {
      const { source, word, key, head, place, past } = now;
      const wanted = JSON.stringify([step.title, source, word, key, head, place, past]);
      if (wanted !== drawn) {
        drawn = wanted;
        const numbers = rows.flatMap((one) => Array.from(one.numbers, Math.abs));
        const press = ({ line, picks }) => {
          return (number) => choose({ number, line, ...picks });
        };
        strips = rows.map((one) => stripOf(one, Math.max(...numbers), press(one)));
        element.replaceChildren(...strips.map((one) => one.element), ...barsOf(step.bars?.(now)));
      }
      const count = followed.numbers?.length ?? 0;
      rows.forEach((one, i) => {
        const own = one === followed;
        const beside = !step.apart && one.numbers.length === count;
        strips[i].show(own, own || beside ? now.number : null);
      });
    },
  };
}

function barsOf(rows) {
  if (rows === undefined) return [];
  const lines = rows.map(({ label, share, text, chosen = false }) =>
    html(
      "li",
      { class: chosen ? "chosen" : "", style: `--weight: ${share.toFixed(3)}` },
      html("span", {}, label),
      html("span", { class: "tour-bar" }),
      html("span", { class: "digits" }, text),
    ),
  );
  return [html("ol", { class: "tour-bars" }, ...lines)];
}
