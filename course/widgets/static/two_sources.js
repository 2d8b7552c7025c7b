// One equation, two sources: the words in any order, the weights, and what each asker gets.

import { isOrder } from "./checks.js";
import { button, digits, html, redraw, setText, spoken } from "./dom.js";
import { causal as causalMask, scaledDot, softmax, weightedSum } from "./math.js";
import { set, watch } from "./model.js";
import { movable, moved } from "./order.js";
import { say } from "./say.js";

/** Weights and outputs of all queries. */
export function look({ query, key, value, causal = false }) {
  const allowed = causal ? causalMask(query.length, key.length) : null;
  const scores = query.map((asks) => key.map((answers) => scaledDot(asks, answers)));
  const weights = scores.map((row, i) => softmax(row, { allowed: allowed?.[i] ?? null }));
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
  return Math.max(...after.flatMap((row, i) => row.map((x, d) => Math.abs(x - same[i][d]))));
}

export function verdict({ change, cross, reordered }) {
  if (!reordered) return say("Move a word: which outputs change?");
  if (change < 1e-9) {
    return say(
      cross
        ? "The English words stand in another order; every French word gets exactly what it got before."
        : "Every word gets exactly what it got before; the rows have only moved along with the words.",
    );
  }
  return say("Some words now get something else: the largest change is {change}.", {
    change: digits(change),
  });
}

export function sources({ rows, columns, cross }) {
  return say(
    cross
      ? "{asking} French words ask, {answering} English words answer."
      : "{asking} English words ask, {answering} English words answer.",
    { asking: rows.length, answering: columns.length },
  );
}

function render({ model, el }) {
  const reorder = (order) => set(model, { order });
  const fixed = model.get("fixed");
  const words = html("ol", { class: "two-words", "aria-label": say("English words, in order") });
  movable(words, (from, to) => reorder(moved(model.get("order"), from, to)));
  const map = html("div", { class: "two-map" });
  const status = spoken("attn-says");
  const reverse = button(say("Reverse the words"), () => reorder(model.get("order").toReversed()));
  const restore = button(say("Original order"), () => reorder(model.get("order").map((_, i) => i)));
  el.append(fixed ? standing(map, status) : layout(words, map, status, [reverse, restore]));

  const show = () => {
    const now = stateOf(model);
    redraw(words, ...now.columns.map(wordButton));
    redraw(map, table(now));
    setText(status, fixed ? sources(now) : verdict({ ...now, change: largestChange(now) }));
    restore.disabled = !now.reordered;
    set(model, { causal_display: now.cross ? "none" : "" });
  };
  watch(model, ["order", "source", "causal"], show);
  show();
}

/** All that is to be seen now. A causal mask makes sense where the words ask one another. */
function stateOf(model) {
  const cross = model.get("source") === 1;
  const [order, causal] = [model.get("order"), model.get("causal")];
  const vectors = model.get("vectors")[cross ? "cross" : "self"];
  const columns = inOrder(model.get("english"), order);
  return {
    ...look({ ...reordered(vectors, order, cross), causal: causal && !cross }),
    ...{ vectors, order, cross, causal, columns },
    rows: cross ? model.get("french") : columns,
    reordered: order.some((place, i) => place !== i),
  };
}

const strips = () =>
  say(
    "The strip under “output” is what a row gets: a cell for each of its numbers, darker the further from 0.",
  );

function layout(words, map, status, buttons) {
  const hint = say(
    "Drag a word; or press it, and then its new place; or focus it and press the arrow keys.",
  );
  return html(
    "div",
    { class: "attn two" },
    words,
    html("p", { class: "attn-hint" }, hint),
    map,
    html("p", { class: "attn-hint" }, strips()),
    status,
    html("div", { class: "attn-buttons" }, ...buttons),
  );
}

/** Where the words stay as they are. */
function standing(map, status) {
  const hint = html("p", { class: "attn-hint" }, strips());
  return html("div", { class: "attn two" }, map, hint, status);
}

function wordButton(name, place, names) {
  const label = say("{word}, place {place} of {count}", {
    word: name,
    place: place + 1,
    count: names.length,
  });
  return html("li", {}, html("button", { type: "button", "aria-label": label }, name));
}

function table({ rows, columns, weights, output }) {
  const largest = Math.max(...output.flat().map(Math.abs));
  const heading = (word) => html("th", { scope: "col" }, word);
  const result = html("th", { scope: "col", class: "gets" }, say("output"));
  const body = rows.map((word, i) =>
    html(
      "tr",
      {},
      html("th", { scope: "row" }, word),
      ...weights[i].map(weightCell),
      html("td", { class: "strip" }, strip(output[i], largest, word)),
    ),
  );
  return html(
    "table",
    {},
    html("caption", { class: "attn-hidden" }, say("Weights, and the output of every asker")),
    html("thead", {}, html("tr", {}, html("td", {}), ...columns.map(heading), result)),
    html("tbody", {}, ...body),
  );
}

function weightCell(weight) {
  const attributes = { class: "weight", style: `--share: ${weight.toFixed(3)}` };
  return html("td", attributes, html("span", {}, digits(weight)));
}

/** The numbers of one output as cells, darker the further from 0. */
function strip(numbers, largest, word) {
  const shade = (number) => (0.08 + (0.92 * Math.abs(number)) / largest).toFixed(3);
  const cells = numbers.map((number) => html("i", { style: `opacity: ${shade(number)}` }));
  return html(
    "div",
    { class: "two-strip", role: "img", "aria-label": say("output of {word}", { word }) },
    ...cells,
  );
}

/** What an address may set. */
const shared = {
  order: (value, model) => isOrder(value, model.get("english").length),
};

export default { render, shared };
