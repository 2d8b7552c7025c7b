// One number of the tour, worked out: its formula, and every number that went in.

import { digits, html, setText } from "./dom.js";
import { say } from "./say.js";
import { NAMES } from "./tour_lines.js";

/** `choose(traits)` hears which number of what is to be worked out. */
export function numberPanel(choose) {
  const select = html("select", {});
  const label = html("label", {}, html("span", {}, say("worked out")), select);
  const slider = html("input", {
    type: "range",
    min: 0,
    step: 1,
    "aria-label": say("which number"),
  });
  const title = html("p", { class: "tour-sum" });
  const way = html("p", { class: "attn-hint" });
  const list = html("ol", { class: "tour-terms", tabindex: 0, "aria-label": say("What went in") });
  const rows = [];
  let offered = [];
  select.addEventListener("change", () => choose({ line: offered[select.selectedIndex] }));
  slider.addEventListener("input", () => choose({ number: Number(slider.value) }));
  const element = html("div", { class: "tour-number" }, label, slider, title, way, list);
  return {
    element,
    show({ lines, followed }, number) {
      const count = followed.numbers?.length ?? 0;
      const all = lines.map(({ line }) => line);
      if (all.join() !== offered.join()) {
        select.replaceChildren(...all.map((line) => html("option", {}, NAMES[line])));
        offered = all;
      }
      label.hidden = all.length < 2;
      select.selectedIndex = all.indexOf(followed.line);
      slider.hidden = count === 0;
      slider.max = Math.max(0, count - 1);
      slider.value = number;
      const made = followed.of(number);
      const value = digits(made.value, made.places ?? 4);
      setText(title, say("{name} = {value}", { name: made.name, value }));
      setText(way, made.way);
      fill(list, rows, made);
    },
  };
}

/** The terms in the list's rows, which are changed where they stand. */
function fill(list, rows, { terms, chosen, places = 3 }) {
  while (rows.length < terms.length) {
    const cells = [
      html("span", {}),
      html("span", { class: "digits" }),
      html("span", { class: "digits" }),
    ];
    rows.push({ cells, element: html("li", {}, ...cells) });
  }
  terms.forEach(([label, a, b], i) => {
    const { cells, element } = rows[i];
    setText(cells[0], label);
    setText(cells[1], b === 1 ? "" : `${digits(a, places)} · ${digits(b, places)}`);
    setText(cells[2], digits(a * b, places));
    element.classList.toggle("chosen", i === chosen);
    if (!element.isConnected) list.append(element);
  });
  for (const { element } of rows.slice(terms.length)) element.remove();
}
