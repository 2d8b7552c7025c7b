// RoPE's turns under three scalings: how many circles each pair turns over the longer text.

import { columnNames, rowLines } from "./axes.js";
import { digits, html, setText, spoken, svg, update } from "./dom.js";
import { watch } from "./model.js";
import { say } from "./say.js";

export const SCHEMES = ["as trained", "interpolated", "NTK-aware", "YaRN"];
const NAMES = { "as trained": say("as trained"), interpolated: say("interpolated") };
const SIZE = 64;
const PAIRS = SIZE / 2;
const SLOW = 1;
const FAST = 32;

/** Radians per token of every pair: base^(−2i/D), slowed as the scheme says. */
export function turns(scheme, factor, base, length) {
  const plain = frequencies(base);
  if (scheme === "interpolated") return plain.map((turn) => turn / factor);
  if (scheme === "NTK-aware") return frequencies(base * factor ** (SIZE / (SIZE - 2)));
  if (scheme !== "YaRN") return plain;
  return plain.map((turn) => {
    const kept = ((length * turn) / (2 * Math.PI) - SLOW) / (FAST - SLOW);
    const keep = Math.min(Math.max(kept, 0), 1);
    return keep * turn + ((1 - keep) * turn) / factor;
  });
}

const frequencies = (base) =>
  Array.from({ length: PAIRS }, (_, pair) => base ** ((-2 * pair) / SIZE));

/** The circles of every pair over a text of so many tokens. */
export function circles(radians, tokens) {
  return radians.map((turn) => (tokens * turn) / (2 * Math.PI));
}

/** The pairs that in the longer text reach angles which they never had: those that did not go
    full circle in training, and go further now. */
export function unseen({ scheme, factor, base, length }) {
  const trained = circles(frequencies(base), length);
  const now = circles(turns(scheme, factor, base, length), factor * length);
  return trained.map((before, pair) => before < 1 && now[pair] > before * (1 + 1e-9));
}

/** What the picture shows, in words. */
export function describe(state) {
  const { scheme, factor, base, length } = state;
  const odd = unseen(state).filter(Boolean).length;
  const radians = turns(scheme, factor, base, length);
  const degrees = (radians[0] * 180) / Math.PI;
  const angles = say(
    odd === 0
      ? "{tokens} tokens, {scheme}: no pair reaches angles that training never showed."
      : "{tokens} tokens, {scheme}: {odd} of {all} pairs reach angles that training never showed.",
    { tokens: counted(factor * length), scheme: NAMES[scheme] ?? scheme, odd, all: PAIRS },
  );
  const neighbors = say(
    "Two neighbors are {degrees} degrees apart in the fastest pair, {percent} % of what they were.",
    { degrees: digits(degrees, 1), percent: Math.round(100 * radians[0]) },
  );
  return `${angles} ${neighbors}`;
}

const counted = (number) => number.toLocaleString(say("en"));

const BOX = { left: 66, right: 352, top: 12, bottom: 204 };
const LOW = -2;
const HIGH = 6;
const across = (pair) => BOX.left + 8 + (pair / (PAIRS - 1)) * (BOX.right - BOX.left - 16);
const up = (count) => {
  const power = Math.min(Math.max(Math.log10(count), LOW), HIGH);
  return BOX.bottom - ((power - LOW) / (HIGH - LOW)) * (BOX.bottom - BOX.top);
};

function render({ model, el }) {
  const dots = Array.from({ length: PAIRS }, (_, pair) => marks(across(pair)));
  const rows = [0.01, 1, 100, 10_000, 1_000_000].map((n) => [up(n), counted(n)]);
  const picture = svg(
    "svg",
    { viewBox: "0 0 364 250", role: "img", "aria-label": say("Circles over the text, by pair") },
    ...rowLines(BOX, rows),
    ...columnNames(
      BOX,
      [0, 8, 16, 24, 31].map((pair) => [across(pair), `${pair}`]),
      say("pair, from the fastest to the slowest"),
    ),
    svg("line", { class: "circle", x1: BOX.left, x2: BOX.right, y1: up(1), y2: up(1) }),
    svg("text", { class: "quiet", x: BOX.left + 4, y: up(1) - 4 }, say("one circle")),
    ...dots.flatMap(({ parts }) => parts),
  );
  const legend = html(
    "p",
    { class: "scalings-legend" },
    html("span", { class: "trained" }, say("in the trained text")),
    html("span", { class: "now" }, say("in the longer text")),
    html("span", { class: "unseen" }, say("there, with unseen angles")),
  );
  const says = spoken("attn-says");
  el.append(html("div", { class: "attn scalings" }, picture, legend, says));
  const show = () => {
    const { factor, base, length } = model.get("options");
    const state = {
      scheme: SCHEMES[model.get("scheme")],
      factor: factor[model.get("factor")],
      base: base[model.get("base")],
      length: length[model.get("length")],
    };
    const before = circles(frequencies(state.base), state.length);
    const radians = turns(state.scheme, state.factor, state.base, state.length);
    const after = circles(radians, state.factor * state.length);
    const odd = unseen(state);
    dots.forEach((one, pair) => {
      one.show(up(before[pair]), up(after[pair]), odd[pair]);
    });
    setText(says, describe(state));
  };
  watch(model, ["scheme", "factor", "base", "length"], show);
  show();
}

/** A pair's turns over the trained and over the longer text, and the way between them. */
function marks(x) {
  const way = svg("line", { class: "move", x1: x, x2: x });
  const [trained, now] = [
    svg("circle", { class: "trained", cx: x, r: 3 }),
    svg("circle", { cx: x }),
  ];
  return {
    parts: [way, trained, now],
    show(before, after, odd) {
      update(way, { y1: before, y2: after });
      update(trained, { cy: before });
      update(now, { class: odd ? "unseen" : "now", cy: after, r: odd ? 4.5 : 3.5 });
    },
  };
}

export default { render };
