// The numbers of the asking word, a row for each key: score, weight and value, and the output below.

import { digits, html, redraw, setText, update } from "./dom.js";
import { sum } from "./math.js";
import { roving } from "./roving.js";
import { say } from "./say.js";
import { MOST } from "./your_own_numbers.js";

const PLACES = Array.from({ length: MOST.size }, (_, place) => place);

/** Words of which one is chosen, in a line; built anew only where their number changes. */
export function wordLine(choose) {
  const element = html("ol", { class: "own-words", "aria-label": say("Whose query asks") });
  let buttons = [];
  let stop = () => {};
  return {
    element,
    show({ names, word }) {
      if (buttons.length !== names.length) {
        buttons = names.map((_, place) => pressed(() => choose(place)));
        element.replaceChildren(...buttons.map((button) => html("li", {}, button)));
        stop = roving(buttons, buttons.length);
        stop(word);
      }
      buttons.forEach((button, place) => {
        setText(button, names[place]);
        update(button, { "aria-pressed": place === word });
      });
    },
  };
}

function pressed(press) {
  const button = html("button", { type: "button" });
  button.addEventListener("click", press);
  return button;
}

/** The table; `choose(part, key, place)` hears which number is chosen: 0 a score, 1 a weight,
    2 an output number. */
export function numberTable(choose) {
  const body = html("tbody");
  const outputs = outputRow((place) => choose(2, null, place));
  const table = html(
    "table",
    {},
    html("caption", { class: "attn-hidden" }, say("Score, weight and value of every key")),
    html("thead", {}, heading()),
    body,
    html("tfoot", {}, outputs.element),
  );
  let rows = [];
  return {
    element: html(
      "div",
      { class: "own-table", role: "region", tabindex: 0, "aria-label": say("Every number") },
      table,
    ),
    show(now) {
      if (rows.length !== now.names.length) {
        rows = now.names.map((_, key) => keyRow((part) => choose(part, key, null)));
        body.replaceChildren(...rows.map(({ element }) => element));
        roving(
          rows.flatMap(({ buttons }) => buttons),
          2,
        );
      }
      rows.forEach((row, key) => {
        row.show(now, key);
      });
      outputs.show(now);
    },
  };
}

function heading() {
  const columns = { key: say("key"), score: say("score"), weight: say("weight") };
  const names = Object.entries(columns).map(([kind, name]) =>
    html("th", { scope: "col", class: kind }, name),
  );
  const values = { scope: "colgroup", colspan: MOST.size, class: "value" };
  return html("tr", {}, ...names, html("th", values, say("value")));
}

/** What a score and a weight are called. */
const CELLS = [
  (allowed, told) =>
    say(
      allowed ? "{number}, score of {word}" : "{number}, score of {word}, hidden by the mask",
      told,
    ),
  (allowed, told) =>
    say(
      allowed ? "{number}, weight of {word}" : "{number}, weight of {word}, hidden by the mask",
      told,
    ),
];

function keyRow(choose) {
  const name = html("th", { scope: "row", class: "key" });
  const buttons = [0, 1].map((part) => pressed(() => choose(part)));
  const numbers = PLACES.map(() => html("td", { class: "digits value" }));
  const cells = ["score", "weight"].map((kind, i) =>
    html("td", { class: `digits ${kind}` }, buttons[i]),
  );
  const element = html("tr", {}, name, ...cells, ...numbers);
  return {
    element,
    buttons,
    show({ names, row, vectors, part, key, place }, mine) {
      const texts = [digits(row.scores[mine]), digits(row.weights[mine], 3)];
      setText(name, names[mine]);
      element.classList.toggle("hidden-key", !row.allowed[mine]);
      element.style.setProperty("--weight", row.weights[mine].toFixed(3));
      buttons.forEach((button, i) => {
        setText(button, texts[i]);
        const told = { number: texts[i], word: names[mine] };
        update(button, {
          "aria-label": CELLS[i](row.allowed[mine], told),
          "aria-pressed": part === i && key === mine,
        });
      });
      numbers.forEach((cell, i) => {
        const number = vectors[2][mine][i];
        cell.hidden = number === undefined;
        setText(cell, cell.hidden ? "" : digits(number, 1));
        cell.classList.toggle("lit", part === 2 && place === i);
      });
    },
  };
}

function outputRow(choose) {
  const total = html("td", { class: "digits weight" });
  const buttons = PLACES.map((place) => pressed(() => choose(place)));
  const cells = buttons.map((button) => html("td", { class: "digits" }, button));
  const stop = roving(buttons, buttons.length);
  const name = html("th", { scope: "row" }, say("output"));
  const element = html("tr", {}, name, html("td"), total);
  return {
    element,
    show({ row, part, place }) {
      setText(total, digits(sum(row.weights), 3));
      cells.forEach((cell, i) => {
        if (i >= row.output.length) cell.remove();
        else if (!cell.parentNode) element.append(cell);
        setText(buttons[i], digits(row.output[i] ?? 0));
        const told = { number: buttons[i].textContent, place: i + 1 };
        update(buttons[i], {
          "aria-label": say("{number}, output {place}", told),
          "aria-pressed": part === 2 && place === i,
        });
      });
      stop(place);
    },
  };
}

/** The outputs of all heads side by side, those of the head on view in bold. */
export function headsSideBySide() {
  const element = html("p", { class: "own-heads" });
  return {
    element,
    show({ outputs, vectors, heads, head }) {
      element.hidden = heads === 1;
      const size = vectors[0][0].length;
      const parts = Array.from({ length: heads }, (_, i) => {
        const numbers = outputs.slice(i * size, (i + 1) * size).map((one) => digits(one));
        return html(i === head ? "strong" : "span", {}, `(${numbers.join(say(", "))})`);
      });
      const name = say("All heads side by side:");
      redraw(element, `${name} `, ...parts.flatMap((part) => [part, " "]));
    },
  };
}
