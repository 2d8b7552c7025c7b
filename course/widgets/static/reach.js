// Reach: who sees whom in one layer, what that costs, and what is heard of through several.

import { html, setText, spoken, svg, update } from "./dom.js";
import { watch } from "./model.js";
import { say } from "./say.js";

const LENGTH = 32;
const SINKS = 2;
const FULL_EVERY = 4;
export const PATTERNS = [
  "all before",
  "window",
  "window + sinks",
  "BigBird",
  "blocks chosen",
  "windows, each 4th full",
];
const NAMES = {
  "all before": say("all before"),
  window: say("window"),
  "window + sinks": say("window + sinks"),
  "blocks chosen": say("blocks chosen"),
  "windows, each 4th full": say("windows, each 4th full"),
};
const PLACES = Array.from({ length: LENGTH }, (_, i) => i);

/** Whether query i sees key j in a layer; `drawn` holds the two masks that are not a rule. */
export function mask(pattern, width, layer, drawn) {
  const near = (i, j) => j <= i && i - j < width;
  const rules = {
    window: near,
    "window + sinks": (i, j) => near(i, j) || (j <= i && j < SINKS),
    "windows, each 4th full": layer % FULL_EVERY < FULL_EVERY - 1 ? near : null,
  };
  if (pattern in drawn) return drawn[pattern].map((row) => [...row].map((cell) => cell === "1"));
  const rule = rules[pattern] ?? ((i, j) => j <= i);
  return PLACES.map((i) => PLACES.map((j) => rule(i, j)));
}

/** The layer in which each token is first heard of by the last one; 0 where it never is. */
export function firstHeard({ pattern, width, layers }, drawn) {
  const first = PLACES.map(() => 0);
  let known = PLACES.map((i) => 1 << i); // a bit for each of 32 tokens it has heard of
  for (let layer = 0; layer < layers; layer++) {
    const before = known;
    known = mask(pattern, width, layer, drawn).map((row) =>
      row.reduce((heard, seen, j) => (seen ? heard | before[j] : heard), 0),
    );
    for (const j of PLACES) if (known[LENGTH - 1] & (1 << j)) first[j] ||= layer + 1;
  }
  return first;
}

/** Pairs that are compared in all layers, and tokens whose keys have to be kept in them. */
export function cost({ pattern, width, layers }, drawn) {
  let pairs = 0;
  let kept = 0;
  for (let layer = 0; layer < layers; layer++) {
    const seen = mask(pattern, width, layer, drawn);
    pairs += seen.flat().filter(Boolean).length;
    kept += keptIn(pattern, width, layer);
  }
  return { pairs, kept };
}

function keptIn(pattern, width, layer) {
  const few = Math.min(width, LENGTH);
  if (pattern === "window") return few;
  if (pattern === "window + sinks") return Math.min(width + SINKS, LENGTH);
  if (pattern === PATTERNS[5] && layer % FULL_EVERY < FULL_EVERY - 1) return few;
  return LENGTH;
}

/** What the picture shows, in words. */
export function describe(state, drawn) {
  const { pairs, kept } = cost(state, drawn);
  const all = (state.layers * LENGTH * (LENGTH + 1)) / 2;
  const first = firstHeard(state, drawn);
  const count = first.filter(Boolean).length;
  const farthest = LENGTH - 1 - first.findIndex(Boolean);
  const { layers } = state;
  const percent = Math.round((100 * pairs) / all);
  const compared = say(
    layers === 1
      ? "1 layer: {pairs} of {all} pairs, {percent} %."
      : "{layers} layers: {pairs} of {all} pairs, {percent} %.",
    { layers, pairs, all, percent },
  );
  const held = say("Keys kept: {kept} of {all}.", { kept, all: layers * LENGTH });
  const known = say(
    "The last token hears of {count} of {all} tokens, the farthest {farthest} back.",
    { count, all: LENGTH, farthest },
  );
  return `${compared} ${held} ${known}`;
}

const SIDE = 9;
const LEFT = 22;
const TOP = 20;

function render({ model, el }) {
  const seen = svg("path", { class: "seen" });
  const now = svg("text", { class: "quiet", x: LEFT, y: 12 });
  const end = LENGTH * SIDE;
  const frame = svg("rect", { class: "frame", x: LEFT, y: TOP, width: end, height: end });
  const cells = PLACES.map((j) =>
    svg("rect", { x: LEFT + j * SIDE, y: TOP + end + 26, width: SIDE - 1, height: 16 }),
  );
  const below = svg(
    "text",
    { class: "quiet", x: LEFT, y: TOP + end + 20 },
    say("heard of by the last:"),
  );
  const picture = svg(
    "svg",
    { viewBox: `0 0 ${LEFT + end + 12} ${TOP + end + 46}`, role: "img" },
    now,
    frame,
    seen,
    below,
    ...cells,
  );
  const says = spoken("attn-says");
  el.append(html("div", { class: "attn reach" }, picture, says));

  const show = () => {
    const state = {
      pattern: PATTERNS[model.get("pattern")],
      width: model.get("width"),
      layers: model.get("layers"),
    };
    const drawn = model.get("drawn");
    const last = state.layers - 1;
    update(seen, { d: squares(mask(state.pattern, state.width, last, drawn)) });
    setText(now, say("layer {layer}: keys →, queries ↓", { layer: last }));
    const first = firstHeard(state, drawn);
    cells.forEach((cell, j) => {
      const kind = first[j] === 0 ? "never" : first[j] === 1 ? "direct" : "later";
      update(cell, { class: kind });
    });
    setText(says, describe(state, drawn));
    update(picture, { "aria-label": labelOf(state.pattern, last) });
  };
  watch(model, ["pattern", "width", "layers"], show);
  show();
}

const labelOf = (pattern, layer) =>
  say("{pattern} among {count} tokens, layer {layer}", {
    pattern: NAMES[pattern] ?? pattern,
    count: LENGTH,
    layer,
  });

function squares(seen) {
  const square = (i, j) =>
    `M${LEFT + j * SIDE} ${TOP + i * SIDE}h${SIDE - 1}v${SIDE - 1}h${1 - SIDE}z`;
  return seen.flatMap((row, i) => row.flatMap((cell, j) => (cell ? [square(i, j)] : []))).join("");
}

export default { render };
