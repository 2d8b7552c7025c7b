// The soft dictionary: a query between stored keys, weights by a bell curve, their weighted sum.

import { columnNames, path, rowLines } from "./axes.js";
import { digits, html, setText, spoken, svg, update } from "./dom.js";
import { draggable } from "./grip.js";
import { argmax, dot, softmax } from "./math.js";
import { set, watch } from "./model.js";
import { say } from "./say.js";

/** The weights of all keys for one query, exp(−(q − k)² / 2 width²) over their sum, and the answer. */
export function lookUp(query, keys, values, width) {
  const weights = softmax(keys.map((key) => -((query - key) ** 2) / (2 * width ** 2)));
  return { weights, answer: dot(weights, values) };
}

/** What the picture shows, in words. */
export function describe(query, keys, width, { weights, answer }) {
  const best = argmax(weights);
  return say(
    "Asked for {age} years with a width of {width}: the age of {best} has weight {weight}, and the answer is {answer} cm.",
    {
      age: digits(query, 1),
      width: digits(width),
      best: keys[best],
      weight: digits(weights[best]),
      answer: digits(answer, 1),
    },
  );
}

/** On the grid of 0.1 and between the ends. */
export function settle(query) {
  return Math.round(10 * Math.min(LAST, Math.max(FIRST, query))) / 10;
}

/** Where an arrow key takes the query: a tenth of a year, or a whole one with Shift. */
export function moved(query, key, shift) {
  const step = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1 }[key];
  return step === undefined ? null : settle(query + step * (shift ? 1 : 0.1));
}

// Ages from FIRST to LAST run across three pictures, in units of the viewBox: the answers, the
// weights of the query, and a strip with the weights of every query there could be.
const [FIRST, LAST] = [1, 11];
const ANSWERS = { left: 40, right: 330, top: 14, bottom: 128 };
const BARS = { left: 40, right: 330, top: 158, bottom: 208 };
const STRIP = { left: 40, right: 330, top: 260, bottom: 320 };
const HEIGHTS = [80, 145];
const AGES = Array.from({ length: 81 }, (_, i) => FIRST + (i * (LAST - FIRST)) / 80);

const across = (age) =>
  ANSWERS.left + ((age - FIRST) / (LAST - FIRST)) * (ANSWERS.right - ANSWERS.left);
const ageAt = (x) => FIRST + ((x - ANSWERS.left) / (ANSWERS.right - ANSWERS.left)) * (LAST - FIRST);
const up = (height) =>
  ANSWERS.bottom -
  ((height - HEIGHTS[0]) / (HEIGHTS[1] - HEIGHTS[0])) * (ANSWERS.bottom - ANSWERS.top);
const risen = (weight) => BARS.bottom - weight * (BARS.bottom - BARS.top);

function render({ model, el }) {
  const [keys, values] = [model.get("key"), model.get("value")];
  const parts = [answers(keys, values), bars(keys), strip(keys)];
  const asked = query((age) => set(model, { query: age }));
  const sentence = spoken("attn-says");
  const picture = svg(
    "svg",
    { viewBox: "0 -8 340 370", role: "group", "aria-label": say("Answers and weights by age") },
    ...parts.map((part) => part.element),
    asked.element,
  );
  el.append(html("div", { class: "attn dictionary" }, picture, sentence, html("p", HINT, DRAG)));

  const show = () => {
    const [age, width] = [model.get("query"), model.get("width")];
    const seen = lookUp(age, keys, values, width);
    for (const part of parts) part.show(seen, age);
    asked.show(age);
    setText(sentence, describe(age, keys, width, seen));
  };
  const showAll = () => {
    const everywhere = AGES.map((age) => lookUp(age, keys, values, model.get("width")));
    for (const part of parts) part.draw?.(everywhere);
    show();
  };
  watch(model, ["query"], show);
  watch(model, ["width"], showAll);
  showAll();
}

const HINT = { class: "attn-hint" };
const DRAG = say("Drag the blue line along the ages, or focus it and press the arrow keys.");

const title = (box, words) => svg("text", { class: "quiet", x: box.left, y: box.top - 6 }, words);

/** The stored pairs, the curve of all answers, and the answer now. */
function answers(keys, values) {
  const curve = svg("path", { class: "curve" });
  const now = svg("circle", { class: "answer", r: 6 });
  const stored = keys.map((key, i) =>
    svg("circle", { class: "stored", cx: across(key), cy: up(values[i]), r: 4 }),
  );
  const lines = [90, 115, 140].map((height) => [up(height), `${height}`]);
  return {
    element: svg(
      "g",
      {},
      title(ANSWERS, say("answer (cm), and what is stored")),
      ...rowLines(ANSWERS, lines),
      curve,
      ...stored,
      now,
    ),
    draw(everywhere) {
      update(curve, { d: path(everywhere.map(({ answer }, i) => [across(AGES[i]), up(answer)])) });
    },
    show({ answer }, age) {
      update(now, { cx: across(age), cy: up(answer) });
    },
  };
}

/** A bar with its number for the weight of every key. */
function bars(keys) {
  const made = keys.map((key) => ({
    bar: svg("rect", { class: "weight", x: across(key) - 11, width: 22, rx: 2 }),
    number: svg("text", { x: across(key), "text-anchor": "middle" }),
  }));
  const ground = [[BARS.bottom, "0"]];
  return {
    element: svg(
      "g",
      {},
      title(BARS, say("weight of each age")),
      ...rowLines(BARS, ground),
      ...made.flatMap(({ bar, number }) => [bar, number]),
    ),
    show({ weights }) {
      made.forEach(({ bar, number }, i) => {
        update(bar, { y: risen(weights[i]), height: BARS.bottom - risen(weights[i]) });
        update(number, { y: risen(weights[i]) - 4 });
        setText(number, digits(weights[i]));
      });
    },
  };
}

const TINTS = 25; // steps from no weight to all of it

/** The weights as a map: a row for each key, a column for every age one may ask for. What is equally dark
    is one path: of hundreds of rectangles the browser would find the style anew at every step. */
function strip(keys) {
  const tall = (STRIP.bottom - STRIP.top) / keys.length;
  const wide = (STRIP.right - STRIP.left) / AGES.length;
  const tints = Array.from({ length: TINTS }, (_, i) =>
    svg("path", {
      class: "weight",
      "fill-opacity": ((i + 1) / TINTS).toFixed(2),
      "shape-rendering": "crispEdges",
    }),
  );
  const start = (column) => (STRIP.left + column * wide).toFixed(2);
  const cell = (row, column) =>
    `M${start(column)} ${STRIP.top + row * tall}H${start(column + 1)}v${tall}H${start(column)}z`;
  const frame = { x: STRIP.left, y: STRIP.top, width: STRIP.right - STRIP.left };
  return {
    element: svg(
      "g",
      {},
      title(STRIP, say("weights at every age, a row per stored age")),
      svg("rect", { class: "ground", ...frame, height: STRIP.bottom - STRIP.top }),
      ...tints,
      ...keys.map((key, row) => keyName(key, STRIP.top + (row + 0.5) * tall)),
      ...columnNames(
        STRIP,
        [2, 4, 6, 8, 10].map((age) => [across(age), `${age}`]),
        say("age (years)"),
      ),
    ),
    draw(everywhere) {
      const cells = tints.map(() => "");
      everywhere.forEach(({ weights }, column) => {
        weights.forEach((weight, row) => {
          const tint = Math.round(TINTS * weight) - 1;
          if (tint >= 0) cells[tint] += cell(row, column);
        });
      });
      tints.forEach((tint, i) => {
        update(tint, { d: cells[i] });
      });
    },
    show() {},
  };
}

const keyName = (key, y) =>
  svg("text", { class: "key", x: STRIP.left - 6, y: y + 4, "text-anchor": "end" }, `${key}`);

/** The line at the age asked for; `move(age)` is called with its new place. */
function query(move) {
  const line = svg("line", { class: "rule", y1: ANSWERS.top, y2: STRIP.bottom });
  const grip = svg("circle", { class: "grip", cy: BARS.bottom + 18, r: 10 });
  const element = svg(
    "g",
    {
      class: "query",
      tabindex: 0,
      role: "slider",
      "aria-label": say("age asked for"),
      "aria-valuemin": FIRST,
      "aria-valuemax": LAST,
    },
    line,
    grip,
  );
  let now = FIRST;
  draggable(grip, element, {
    byKey: (key, shift) => moved(now, key, shift),
    byPoint: ({ x }) => settle(ageAt(x)),
    move,
  });
  return {
    element,
    show(age) {
      now = age;
      update(line, { x1: across(age), x2: across(age) });
      update(grip, { cx: across(age) });
      update(element, {
        "aria-valuenow": age,
        "aria-valuetext": say("{age} years", { age: digits(age, 1) }),
      });
    },
  };
}

export default { render };
