// Softmax and scale: random keys, one query; how the weights harden as the vectors grow.

import { columnNames, path, rowLines } from "./axes.js";
import { digits, html, setText, spoken, svg, update } from "./dom.js";
import { dot, entropy, softmax, standardDeviation } from "./math.js";
import { watch } from "./model.js";
import { say } from "./say.js";

/** Scores, weights and what the page says about them, from the first `size` numbers of each vector. */
export function compare({ query, keys, size, temperature, scaled }) {
  const divisor = scaled ? Math.sqrt(size) : 1;
  const start = query.slice(0, size);
  const scores = keys.map((key) => dot(start, key) / divisor);
  const weights = softmax(scores, { temperature });
  return {
    scores,
    weights,
    largest: Math.max(...weights),
    deviation: standardDeviation(scores),
    entropy: entropy(weights),
  };
}

/** The largest weight at each of the sizes. */
export function largestBySize(sizes, { query, keys, temperature, scaled }) {
  return sizes.map((size) => compare({ query, keys, size, temperature, scaled }).largest);
}

// The chart: size on a logarithmic axis, largest weight from 0 to 1, in units of its viewBox.
const CHART = { left: 30, right: 322, top: 12, bottom: 184 };
const SIZES = [1, 2, 4, 8, 16, 32, 64, 128, 256];
const across = (size) =>
  CHART.left + (Math.log2(size) / Math.log2(SIZES.at(-1))) * (CHART.right - CHART.left);
const up = (weight) => CHART.bottom - weight * (CHART.bottom - CHART.top);

const LONGEST = 6; // a score of ±6 fills its half of the track; longer bars fade out there

function render({ model, el }) {
  const table = barTable(model.get("key").length);
  const chart = lineChart();
  const sentence = spoken("attn-says");
  el.append(
    html(
      "div",
      { class: "attn softmax" },
      html("div", { class: "softmax-columns" }, table.element, chart.element),
      sentence,
    ),
  );

  const inputs = () => ({
    query: model.get("query"),
    keys: model.get("key"),
    size: 2 ** model.get("doublings"),
    temperature: model.get("temperature"),
    scaled: model.get("scaled"),
  });

  const show = () => {
    const now = inputs();
    const seen = compare(now);
    table.show(seen);
    chart.mark(now, seen.largest);
    setText(sentence, describe(now, seen));
  };
  const showCurves = () => {
    chart.draw({
      scaled: largestBySize(SIZES, { ...inputs(), scaled: true }),
      plain: largestBySize(SIZES, { ...inputs(), scaled: false }),
    });
    show();
  };
  watch(model, ["doublings", "scaled"], show);
  watch(model, ["temperature"], showCurves);
  showCurves();
}

export function describe({ size, keys, scaled }, { weights, largest, deviation, entropy: nats }) {
  const spread = say(
    scaled
      ? "With D = {size}, divided by √D, the scores spread by ±{deviation}."
      : "With D = {size}, not divided, the scores spread by ±{deviation}.",
    { size, deviation: digits(deviation) },
  );
  const hardness = say(
    "Key {best} takes {largest} of the attention; the entropy is {nats} of at most {most}.",
    {
      best: weights.indexOf(largest) + 1,
      largest: digits(largest),
      nats: digits(nats),
      most: digits(Math.log(keys.length)),
    },
  );
  return `${spread} ${hardness}`;
}

function barTable(keys) {
  const rows = Array.from({ length: keys }, (_, i) => {
    const score = { bar: html("span", { class: "bar" }), text: html("td", { class: "digits" }) };
    const weight = { bar: html("span", { class: "bar" }), text: html("td", { class: "digits" }) };
    const row = html(
      "tr",
      {},
      html("th", { scope: "row" }, `k${"₁₂₃₄₅₆₇₈₉"[i]}`),
      html("td", { class: "track score" }, score.bar),
      score.text,
      html("td", { class: "track weight" }, weight.bar),
      weight.text,
    );
    return { row, score, weight };
  });
  const heading = html(
    "tr",
    {},
    html("th", { scope: "col" }, say("key")),
    html("th", { scope: "colgroup", colspan: "2", class: "score" }, say("score")),
    html("th", { scope: "colgroup", colspan: "2", class: "weight" }, say("weight")),
  );
  const element = html(
    "table",
    { class: "softmax-bars" },
    html("caption", { class: "attn-hidden" }, say("Score and weight of every key")),
    html(
      "colgroup",
      {},
      ...["name", "track", "number", "track", "number"].map((column) =>
        html("col", { class: column }),
      ),
    ),
    html("thead", {}, heading),
    html("tbody", {}, ...rows.map(({ row }) => row)),
  );

  return {
    element,
    show({ scores, weights, largest }) {
      rows.forEach(({ row, score, weight }, i) => {
        const length = 50 * Math.min(Math.abs(scores[i]) / LONGEST, 1);
        score.bar.style.width = `${length}%`;
        score.bar.style.left = `${scores[i] < 0 ? 50 - length : 50}%`;
        score.bar.dataset.cut =
          Math.abs(scores[i]) <= LONGEST ? "" : scores[i] < 0 ? "left" : "right";
        setText(score.text, digits(scores[i]));
        weight.bar.style.width = `${100 * weights[i]}%`;
        setText(weight.text, digits(weights[i], 3));
        row.classList.toggle("largest", weights[i] === largest);
      });
    },
  };
}

function lineChart() {
  const plain = svg("path", { class: "curve plain" });
  const scaled = svg("path", { class: "curve scaled" });
  const dot = svg("circle", { class: "now", r: 6 });
  const rule = svg("line", { class: "rule", y1: CHART.top, y2: CHART.bottom });
  const picture = svg(
    "svg",
    {
      viewBox: "0 0 340 226",
      role: "img",
      "aria-label": say("Largest weight against the size D, with and without the division by √D"),
    },
    ...grid(),
    rule,
    plain,
    scaled,
    dot,
  );
  const legend = html(
    "p",
    { class: "softmax-legend" },
    html("span", { class: "scaled" }, say("with √D")),
    html("span", { class: "plain" }, say("without")),
  );

  return {
    element: html(
      "div",
      { class: "softmax-chart" },
      html("p", { class: "attn-hint" }, say("Largest weight as D grows")),
      picture,
      legend,
    ),
    draw(curves) {
      update(plain, { d: curveOf(curves.plain) });
      update(scaled, { d: curveOf(curves.scaled) });
    },
    mark({ size, scaled: divided }, largest) {
      update(dot, {
        cx: across(size),
        cy: up(largest),
        class: divided ? "now scaled" : "now plain",
      });
      update(rule, { x1: across(size), x2: across(size) });
    },
  };
}

const curveOf = (weights) => path(weights.map((weight, i) => [across(SIZES[i]), up(weight)]));

function grid() {
  const sizes = SIZES.filter((_, i) => i % 2 === 0);
  return [
    ...rowLines(
      CHART,
      [0, 0.5, 1].map((weight) => [up(weight), digits(weight, 1)]),
    ),
    ...columnNames(
      CHART,
      sizes.map((size) => [across(size), `${size}`]),
      say("size D of query and keys"),
    ),
  ];
}

export default { render };
