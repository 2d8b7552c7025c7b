// Recall curves: pairs written into a state of D rows, and how many keys still find their value.

import { columnNames, path, rowLines } from "./axes.js";
import { digits, html, setText, spoken, svg, update } from "./dom.js";
import { argmax, dot, softmax } from "./math.js";
import { watch } from "./model.js";
import { say } from "./say.js";

export const RULES = ["softmax", "sum", "decay", "delta"];
const NAMES = { sum: say("sum"), decay: say("decay") };
const VALUES = 32; // kinds of values
const SHARP = 16; // of softmax: its scores are 16 q·k
const MOST = 64;
const COUNTS = [1, 2, 4, 6, 8, 12, 16, 20, 24, 32, 40, 48, 56, MOST];
const ROUNDS = 6;

/** Numbers from 0 to 1, the same for the same seed (mulberry32). */
export function random(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/** Keys of length 1, one per pair: in random directions, or on the axes in turn, which are used
    again when there are more keys than axes. With `twice` the later half tells the first half's
    keys again. The values are numbers from 0 to 31, and `scores` the products of all different keys. */
export function drawn({ count, size, orthogonal, twice, seed }) {
  const next = random(seed);
  const normal = () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());
  const different = twice ? Math.ceil(count / 2) : count;
  const kinds = Array.from({ length: different }, (_, i) => {
    if (orthogonal) return Array.from({ length: size }, (_, d) => Number(d === i % size));
    const key = Array.from({ length: size }, normal);
    const length = Math.sqrt(dot(key, key));
    return key.map((number) => number / length);
  });
  const keys = Array.from({ length: count }, (_, i) => kinds[i % different]);
  const values = Array.from({ length: count }, () => Math.floor(VALUES * next()));
  return { keys, values, different, scores: scoresAmong(kinds) };
}

/** kᵢ·kⱼ of all pairs, each multiplied once. */
function scoresAmong(keys) {
  const scores = keys.map(() => new Float64Array(keys.length));
  keys.forEach((key, i) => {
    for (let j = 0; j <= i; j++) scores[i][j] = scores[j][i] = dot(key, keys[j]);
  });
  return scores;
}

/** What each of the last told `different` keys is answered: the number of a value. */
export function recalled(rule, text, decay) {
  const answer = answers[rule](text, decay);
  return lastTold(text.keys.length, text.different).map((place) => argmax(answer(place)));
}

const answers = {
  softmax: bySoftmax,
  sum: (text) => bySum(text, 1),
  decay: bySum,
  delta: byState,
};

/** The share of keys that are answered the value told last. */
export function share(rule, texts, decay) {
  const found = recalled(rule, texts, decay);
  const places = lastTold(texts.keys.length, texts.different);
  const right = found.filter((value, i) => value === texts.values[places[i]]);
  return right.length / found.length;
}

/** Where each key was told last: i, or a whole round later where there was a second. */
function lastTold(count, different) {
  return Array.from({ length: different }, (_, i) => (i + different < count ? i + different : i));
}

/** A sum of values, weighted by the softmax of what the query scores with each key. */
function bySoftmax({ scores, values, different }) {
  return (place) => {
    const row = scores[place % different];
    const told = values.map((_, i) => SHARP * row[i % different]);
    const answer = new Float64Array(VALUES);
    softmax(told).forEach((weight, i) => {
      answer[values[i]] += weight;
    });
    return answer;
  };
}

/** A sum of values, weighted by the scores themselves, each faded by what was told since: a state to
    which vᵢkᵢᵀ is added, and which decays, is read as just that. */
function bySum({ scores, values, different }, decay) {
  const left = values.map((_, i) => decay ** (values.length - 1 - i));
  return (place) => {
    const row = scores[place % different];
    const answer = new Float64Array(VALUES);
    for (let i = 0; i < values.length; i++) answer[values[i]] += row[i % different] * left[i];
    return answer;
  };
}

/** A state with a row for each number of a key: what it holds for a key is replaced. */
function byState({ keys, values }) {
  const state = keys[0].map(() => new Float64Array(VALUES));
  keys.forEach((key, t) => {
    const target = read(state, key).map((held) => -held);
    target[values[t]] += 1;
    for (let d = 0; d < key.length; d++) addTo(state[d], target, key[d]);
  });
  return (place) => read(state, keys[place]);
}

function read(state, key) {
  const answer = new Float64Array(VALUES);
  for (let d = 0; d < key.length; d++) addTo(answer, state[d], key[d]);
  return answer;
}

function addTo(row, other, factor) {
  if (factor !== 0) for (let j = 0; j < VALUES; j++) row[j] += factor * other[j];
}

/** For each rule the shares at every number of pairs, the mean of several draws. */
export function curves({ size, orthogonal, twice, decay }) {
  const { texts, shares } = counted({ size, orthogonal, twice });
  shares[decay] ??= means("decay", texts, decay);
  return RULES.map((rule) => shares[rule === "decay" ? decay : rule]);
}

// Texts, and shares by rule or by decay, of each drawing: a slider that comes by again need not count.
const drawings = new Map();
const MOST_DRAWINGS = 16; // a megabyte each

function counted(drawing) {
  const name = JSON.stringify(drawing);
  if (!drawings.has(name)) {
    const texts = COUNTS.map((count) =>
      Array.from({ length: ROUNDS }, (_, round) =>
        drawn({ count, ...drawing, seed: 1000 * round + count }),
      ),
    );
    const others = RULES.filter((rule) => rule !== "decay");
    const shares = Object.fromEntries(others.map((rule) => [rule, means(rule, texts)]));
    drawings.set(name, { texts, shares });
    if (drawings.size > MOST_DRAWINGS) drawings.delete(drawings.keys().next().value);
  }
  return drawings.get(name);
}

function means(rule, texts, decay) {
  return texts.map(
    (rounds) => rounds.reduce((all, one) => all + share(rule, one, decay), 0) / ROUNDS,
  );
}

/** What the chart says at one number of pairs. */
export function describe({ size, pairs, twice }, shares) {
  const at = COUNTS.indexOf(pairs);
  const right = RULES.map((rule, r) => [rule, digits(100 * shares[r][at], 0)]);
  const found = say(
    "Right: softmax {softmax} %, sum {sum} %, decay {decay} %, delta {delta} %.",
    Object.fromEntries(right),
  );
  return `${told(size, pairs, twice)} ${found}`;
}

function told(size, pairs, twice) {
  if (twice && pairs > 1) {
    return say("{pairs} pairs in a state of {size} rows, each key told twice.", { pairs, size });
  }
  return say(
    pairs === 1 ? "1 pair in a state of {size} rows." : "{pairs} pairs in a state of {size} rows.",
    { pairs, size },
  );
}

function render({ model, el }) {
  const frame = chart();
  const legend = html(
    "p",
    { class: "recall-legend" },
    ...RULES.map((rule) => html("span", { class: rule }, NAMES[rule] ?? rule)),
  );
  const status = spoken("attn-says");
  el.append(html("div", { class: "attn recall" }, frame.element, legend, status));
  let shares = [];

  const state = () => ({
    size: 4 * 2 ** model.get("doublings"),
    pairs: COUNTS[model.get("count")],
    orthogonal: model.get("orthogonal"),
    twice: model.get("twice"),
    decay: model.get("decay"),
  });
  const mark = () => {
    frame.mark(state());
    setText(status, describe(state(), shares));
  };
  const draw = () => {
    shares = curves(state());
    frame.draw(shares, state());
    mark();
  };
  watch(model, ["doublings", "orthogonal", "twice", "decay"], draw);
  watch(model, ["count"], mark);
  draw();
}

const BOX = { left: 46, right: 350, top: 12, bottom: 172 };
const across = (pairs) => BOX.left + ((pairs - 1) / (MOST - 1)) * (BOX.right - BOX.left);
const up = (right) => BOX.bottom - right * (BOX.bottom - BOX.top);

function chart() {
  const lines = RULES.map((rule) => svg("path", { class: `curve ${rule}` }));
  const capacity = svg("line", { class: "capacity", y1: BOX.top, y2: BOX.bottom });
  const capacityName = svg("text", { class: "quiet", y: BOX.bottom - 6 }, say("D pairs"));
  const rule = svg("line", { class: "rule", y1: BOX.top, y2: BOX.bottom });
  const element = svg(
    "svg",
    {
      viewBox: "0 0 364 214",
      role: "img",
      "aria-label": say("Keys answered right, by number of pairs"),
    },
    ...rowLines(
      BOX,
      [0, 0.5, 1].map((right) => [up(right), `${digits(100 * right, 0)} %`]),
    ),
    ...columnNames(
      BOX,
      [1, 16, 32, 48, 64].map((pairs) => [across(pairs), `${pairs}`]),
      say("pairs told before the questions"),
    ),
    capacity,
    capacityName,
    rule,
    ...lines,
  );
  return {
    element,
    draw(shares, { size }) {
      lines.forEach((line, r) => {
        update(line, { d: path(shares[r].map((right, i) => [across(COUNTS[i]), up(right)])) });
      });
      const x = across(size);
      update(capacity, { x1: x, x2: x });
      const atEnd = size > MOST / 2;
      update(capacityName, { x: x + (atEnd ? -4 : 4), "text-anchor": atEnd ? "end" : "start" });
    },
    mark({ pairs }) {
      update(rule, { x1: across(pairs), x2: across(pairs) });
    },
  };
}

export default { render };
