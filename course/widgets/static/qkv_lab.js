// The query, key, value lab: move small vectors and watch every number of attention change.

import { areVectors } from "./checks.js";
import { button, digits, html, redraw, setText, spoken } from "./dom.js";
import { argmax, dot, softmax, sum, weightedSum } from "./math.js";
import { set, watch } from "./model.js";
import { arrow, chain, halo, handle, LIMIT, plane } from "./plane.js";
import { say } from "./say.js";

/** Every number on the way from one query to its output. */
export function attend({ query, key, value, scaled }) {
  const products = key.map((one) => dot(query, one));
  const scores = products.map((product) => (scaled ? product / Math.sqrt(query.length) : product));
  const powers = scores.map(Math.exp);
  const weights = softmax(scores);
  const parts = value.map((one, i) => one.map((number) => weights[i] * number));
  return { products, scores, powers, weights, parts, output: weightedSum(weights, value) };
}

/** What the picture shows, in words; `token` is the place of the word that asks. */
export function describe(words, token, { weights, output: [x, y] }) {
  const best = argmax(weights);
  return say(
    "The query of “{word}” gives its largest weight, {weight}, to the key of “{best}”; the output is ({x}, {y}).",
    {
      word: words[token],
      weight: digits(weights[best]),
      best: words[best],
      x: digits(x),
      y: digits(y),
    },
  );
}

/** The points reached when the parts are laid head to tail, from the origin to the output. */
export function headToTail(parts) {
  const points = [[0, 0]];
  for (const [x, y] of parts) points.push([points.at(-1)[0] + x, points.at(-1)[1] + y]);
  return points;
}

/** A copy of the vectors with one of them replaced. */
export const replaced = (vectors, index, vector) => vectors.with(index, vector);

const NAMES = ["query", "key", "value"];

function render({ model, el }) {
  const words = model.get("words");
  const start = Object.fromEntries(NAMES.map((name) => [name, model.get(name)]));
  const change = (name, index, vector) =>
    set(model, { [name]: replaced(model.get(name), index, vector) });
  const left = fitPlane(words, change, () => model.get("token"));
  const right = valuePlane(words, change);
  const says = spoken("attn-says");
  const table = digitTable(words);
  const reset = button(say("Put the vectors back"), () => set(model, start));
  el.append(
    html(
      "div",
      { class: "attn lab" },
      html("div", { class: "lab-planes" }, left.element, right.element),
      says,
      table.element,
      html("div", { class: "attn-buttons" }, reset),
    ),
  );

  const show = () => {
    const token = model.get("token");
    const inputs = {
      query: model.get("query")[token],
      key: model.get("key"),
      value: model.get("value"),
      scaled: model.get("scaled"),
    };
    const seen = attend(inputs);
    left.show(words[token], inputs, seen);
    right.show(inputs, seen);
    table.show(inputs, seen);
    setText(says, describe(words, token, seen));
    reset.disabled = NAMES.every((name) => `${model.get(name)}` === `${start[name]}`);
  };
  watch(model, [...NAMES, "token", "scaled"], show);
  show();
}

function fitPlane(words, change, token) {
  const halos = words.map(() => halo());
  const keys = words.map((word, i) => handle("key", word, (vector) => change("key", i, vector)));
  const query = handle("query", "", (vector) => change("query", token(), vector));
  const layers = [...halos, ...keys, query].map(({ element }) => element);
  return {
    element: html(
      "div",
      {},
      title(say("Who fits whom: [query] and [keys]"), "query", "key"),
      plane(say("Query and keys"), ...layers),
    ),
    show(word, inputs, { weights }) {
      query.rename(say("query"), say("query of {word}", { word }));
      query.show(inputs.query);
      keys.forEach((key, i) => {
        key.rename(words[i], say("key of {word}", { word: words[i] }));
        key.show(inputs.key[i]);
        halos[i].show(inputs.key[i], weights[i]);
      });
    },
  };
}

function valuePlane(words, change) {
  const values = words.map((word, i) =>
    handle("value", word, (vector) => change("value", i, vector)),
  );
  const path = chain("chain");
  const output = arrow("output", say("output"));
  const layers = [...values, output, path].map(({ element }) => element);
  return {
    element: html(
      "div",
      {},
      title(say("What is passed on: [values] and output"), "value"),
      plane(say("Values and output"), ...layers),
    ),
    show(inputs, { weights, parts, output: total }) {
      values.forEach((value, i) => {
        value.rename(words[i], say("value of {word}", { word: words[i] }));
        value.show(inputs.value[i]);
        value.element.style.setProperty("--strength", 0.35 + 0.65 * weights[i]);
      });
      path.show(headToTail(parts));
      output.show(total);
    },
  };
}

/** A title whose words in brackets wear the classes, in order. */
const title = (text, ...classes) =>
  html(
    "p",
    { class: "lab-title" },
    ...text
      .split(/[[\]]/)
      .map((part, i) => (i % 2 ? html("span", { class: classes[(i - 1) / 2] }, part) : part)),
  );

function digitTable(words) {
  const columns = [
    "",
    say("query · key"),
    say("score"),
    "exp",
    say("weight"),
    say("weight · value"),
  ];
  const rows = words.map((word) => digitRow(word));
  const sums = {
    powers: cell("digits"),
    weights: cell("digits weight"),
    output: cell("digits column"),
  };
  const total = html(
    "tr",
    { class: "total" },
    html("th", { scope: "row" }, say("sum")),
    cell(""),
    cell(""),
    sums.powers,
    sums.weights,
    sums.output,
  );
  const headings = columns.map((text) => html("th", { scope: "col" }, text));
  const table = html(
    "table",
    {},
    html("caption", { class: "attn-hidden" }, say("Every step from the query to the output")),
    html("thead", {}, html("tr", {}, ...headings)),
    html("tbody", {}, ...rows.map(({ row }) => row), total),
  );
  return {
    element: html(
      "div",
      {
        class: "lab-digits",
        role: "region",
        tabindex: 0,
        "aria-label": say("Every number"),
      },
      table,
    ),
    show(inputs, seen) {
      setText(headings[2], inputs.scaled ? "÷ √2" : say("score"));
      rows.forEach((row, i) => {
        row.show(inputs, seen, i);
      });
      setText(sums.powers, digits(sum(seen.powers)));
      setText(sums.weights, digits(sum(seen.weights), 3));
      column(sums.output, seen.output);
    },
  };
}

const cell = (className) => html("td", { class: className });

/** A vector written as a column. */
const column = (place, [x, y]) => redraw(place, digits(x, 3), html("br"), digits(y, 3));

function digitRow(word) {
  const [product, score, power] = [cell("product"), cell("digits"), cell("digits")];
  const [weight, part] = [cell("digits weight"), cell("digits column value")];
  const factor = (kind, number, first) =>
    html(
      "span",
      { class: kind },
      number < 0 && !first ? `(${digits(number, 1)})` : digits(number, 1),
    );
  const term = (sign, q, k) =>
    html("span", { class: "term" }, sign, factor("query", q, sign === ""), "·", factor("key", k));
  return {
    row: html("tr", {}, html("th", { scope: "row" }, word), product, score, power, weight, part),
    show({ query, key }, seen, i) {
      redraw(
        product,
        term("", query[0], key[i][0]),
        term(" + ", query[1], key[i][1]),
        html("span", { class: "term" }, ` = ${digits(seen.products[i])}`),
      );
      setText(score, digits(seen.scores[i]));
      setText(power, digits(seen.powers[i]));
      setText(weight, digits(seen.weights[i], 3));
      column(part, seen.parts[i]);
    },
  };
}

const ofVectors = (value, model) => areVectors(value, model.get("words").length, LIMIT);

/** What an address may set. */
const shared = {
  query: ofVectors,
  key: ofVectors,
  value: ofVectors,
};

export default { render, shared };
