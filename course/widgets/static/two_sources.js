// One equation, two sources: the words in any order, the weights, and what each asker gets.

import { digits, html, update } from "./dom.js";
import { causal as causalMask, scaledDot, softmax, weightedSum } from "./math.js";

/** Weights and outputs of all queries. */
export function look({ query, key, value, causal = false }) {
  const allowed = causal ? causalMask(query.length, key.length) : null;
  const weights = query.map((asks, i) =>
    softmax(
      key.map((answers) => scaledDot(asks, answers)),
      { allowed: allowed && allowed[i] },
    ),
  );
  return { weights, output: weights.map((row) => weightedSum(row, value)) };
}

export const inOrder = (rows, order) => order.map((place) => rows[place]);

/** Self: all three follow the words. Cross: keys and values do, and the askers stay. */
export function reordered(vectors, order, cross) {
  return {
    query: cross ? vectors.query : inOrder(vectors.query, order),
    key: inOrder(vectors.key, order),
    value: inOrder(vectors.value, order),
  };
}

/** How far any asker's output is from what it was in the original order. */
export function largestChange({ vectors, order, cross, causal }) {
  const before = look({ ...vectors, causal: causal && !cross }).output;
  const after = look({ ...reordered(vectors, order, cross), causal: causal && !cross }).output;
  const same = cross ? before : inOrder(before, order);
  return Math.max(
    ...after.map((row, i) => Math.max(...row.map((x, d) => Math.abs(x - same[i][d])))),
  );
}

export function verdict({ moved, change, cross }) {
  if (!moved) return "Move a word: which outputs change?";
  if (change < 1e-9) {
    return cross
      ? "The English words stand in another order; every French word gets exactly what it got before."
      : "Every word gets exactly what it got before; the rows have only moved along with the words.";
  }
  return `Some words now get something else: the largest change is ${digits(change)}.`;
}

/** The list with the element at one place moved to another. */
export function movedTo(list, from, to) {
  const rest = list.filter((_, i) => i !== from);
  return [...rest.slice(0, to), list[from], ...rest.slice(to)];
}

function render({ model, el }) {
  const words = html("ol", { class: "two-words", "aria-label": "English words, in order" });
  const map = html("div", { class: "two-map" });
  const status = html("p", { class: "two-verdict", role: "status" });
  const shuffle = html("button", { type: "button" }, "Reverse the words");
  const restore = html("button", { type: "button" }, "Original order");
  const hint = html(
    "p",
    { class: "two-hint" },
    "Focus a word and press the arrow keys to move it, or drag it.",
  );
  el.append(
    html(
      "div",
      { class: "attn two" },
      words,
      hint,
      map,
      status,
      html("div", { class: "two-buttons" }, shuffle, restore),
    ),
  );

  const reorder = (order) => {
    model.set("order", order);
    model.save_changes();
  };
  const step = (from, to) => {
    if (to < 0 || to >= model.get("order").length || from === to) return;
    reorder(movedTo(model.get("order"), from, to));
    words.querySelectorAll("button")[to].focus();
  };
  let dragged = null;

  const showWords = (names) =>
    words.replaceChildren(
      ...names.map((name, place) => {
        const button = html(
          "button",
          {
            type: "button",
            draggable: "true",
            "aria-label": `${name}, place ${place + 1} of ${names.length}`,
          },
          name,
        );
        button.addEventListener("keydown", (event) => {
          const by = { ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1 }[event.key];
          if (by === undefined) return;
          event.preventDefault();
          step(place, place + by);
        });
        button.addEventListener("dragstart", () => {
          dragged = place;
        });
        button.addEventListener("dragover", (event) => event.preventDefault());
        button.addEventListener("drop", (event) => {
          event.preventDefault();
          if (dragged !== null) step(dragged, place);
          dragged = null;
        });
        return html("li", {}, button);
      }),
    );

  const show = () => {
    const cross = model.get("source") === 1;
    const causal = model.get("causal");
    const vectors = model.get("vectors")[cross ? "cross" : "self"];
    const order = model.get("order");
    const names = inOrder(model.get("english"), order);
    const seen = look({ ...reordered(vectors, order, cross), causal: causal && !cross });
    showWords(names);
    map.replaceChildren(table(cross ? model.get("french") : names, names, seen));
    const moved = order.some((place, i) => place !== i);
    status.textContent = verdict({
      moved,
      cross,
      change: largestChange({ vectors, order, cross, causal }),
    });
    restore.disabled = !moved;
  };
  shuffle.addEventListener("click", () => reorder([...model.get("order")].reverse()));
  restore.addEventListener("click", () => reorder(model.get("order").map((_, i) => i)));
  for (const trait of ["order", "source", "causal"]) model.on(`change:${trait}`, show);
  show();
}

function table(rows, columns, { weights, output }) {
  const largest = Math.max(...output.flat().map(Math.abs));
  const head = html(
    "tr",
    {},
    html("td", {}),
    ...columns.map((word) => html("th", { scope: "col" }, word)),
    html("th", { scope: "col", class: "gets" }, "gets"),
  );
  const body = rows.map((word, i) =>
    html(
      "tr",
      {},
      html("th", { scope: "row" }, word),
      ...weights[i].map((weight) => {
        const cell = html("td", { class: "weight" }, html("span", {}, digits(weight)));
        cell.style.setProperty("--share", weight.toFixed(3));
        return cell;
      }),
      html("td", { class: "strip" }, strip(output[i], largest, word)),
    ),
  );
  return html(
    "table",
    {},
    html("caption", { class: "attn-hidden" }, "Weights, and the output of every asker"),
    html("thead", {}, head),
    html("tbody", {}, ...body),
  );
}

/** The numbers of one output as cells, darker the further from 0. */
function strip(numbers, largest, word) {
  const cells = numbers.map((number) => {
    const cell = html("i", {});
    cell.style.opacity = (0.08 + (0.92 * Math.abs(number)) / largest).toFixed(3);
    return cell;
  });
  return update(html("div", { class: "two-strip", role: "img" }, ...cells), {
    "aria-label": `output of ${word}`,
  });
}

export default { render };
