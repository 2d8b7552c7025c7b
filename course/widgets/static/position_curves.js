// Position curves: what each scheme says about a key so many places back, and the weights it makes.

import { columnNames, path, rowLines } from "./axes.js";
import { digits, html, redraw, setText, spoken, svg, update } from "./dom.js";
import { softmax, sum } from "./math.js";
import { set, watch } from "./model.js";
import { say } from "./say.js";

const FARTHEST = 60;
const DISTANCES = Array.from({ length: FARTHEST + 1 }, (_, i) => i);

/** 2^(−8h/H) for h = 1 … H, with H a power of two. */
export function alibiSlopes(heads) {
  return Array.from({ length: heads }, (_, h) => 2 ** ((-8 * (h + 1)) / heads));
}

/** The bucket of a key `distance` places back, of `buckets` for the past alone. */
export function pastBucket(distance, buckets, longest) {
  const exact = buckets / 2;
  if (distance < exact) return distance;
  const fraction = Math.log(distance / exact) / Math.log(longest / exact);
  return Math.min(exact + Math.trunc(fraction * (buckets - exact)), buckets - 1);
}

const PAIRS = 4;
const ARROW = 3; // RoPE's queries and keys: one arrow of this length, in a pair of its own

/** cos(distance · θᵢ) for each pair i of `size` numbers. */
export function pairProducts(distance, size) {
  return Array.from({ length: size / 2 }, (_, i) =>
    Math.cos(distance * 10000 ** ((-2 * i) / size)),
  );
}

/** For each head of a scheme, or pair of RoPE, what a key gets at the distances 0 … 60. */
export function curvesOf({ scheme, heads, table, longest }) {
  if (scheme === "ALiBi") {
    return alibiSlopes(heads).map((slope) => DISTANCES.map((away) => -slope * away));
  }
  if (scheme === "T5 buckets") {
    return table[0].map((_, head) =>
      DISTANCES.map((away) => table[pastBucket(away, table.length, longest)][head]),
    );
  }
  if (scheme === "none") return [DISTANCES.map(() => 0)];
  if (scheme === "sinusoidal") return [DISTANCES.map((away) => sum(pairProducts(away, 64)) / 8)];
  const size = 2 * PAIRS;
  const scale = ARROW ** 2 / Math.sqrt(size);
  const products = DISTANCES.map((away) => pairProducts(away, size));
  return Array.from({ length: PAIRS }, (_, pair) => products.map((row) => scale * row[pair]));
}

/** The weights of keys equal in content, at the distances 0 … 60: softmax of each curve. */
export function weightsOf(curves) {
  return curves.map((curve) => softmax(curve));
}

const SCHEMES = ["none", "sinusoidal", "T5 buckets", "ALiBi", "RoPE"];
const TELLING = {
  none: say(
    "Without positions every place is alike: equal words share the weight equally, near or far.",
  ),
  sinusoidal: say(
    "The product of two places’ waves. It is added in the embedding, so that projections still mix it with the words; shown is what it gives by itself.",
  ),
  "T5 buckets": say(
    "Trained numbers, one per bucket and head: steps, and one flat step for all that is far.",
  ),
  ALiBi: say(
    "A straight line for each head, steep ones near-sighted, flat ones far-sighted. Nothing is learned.",
  ),
  RoPE: say(
    "Four queries and keys, each an arrow in one pair alone: pair 0 (darkest) tells neighbors apart and is back where it was every 6 places, pair 1 tells near from far, pairs 2 and 3 hardly turn.",
  ),
};

function render({ model, el }) {
  const score = chart(say("What the score gets"), "score");
  const weight = chart(say("Weight among equal words"), "weight");
  const sentence = spoken("curves-sentence");
  el.append(
    html(
      "div",
      { class: "attn curves" },
      html("div", { class: "curves-columns" }, score.element, weight.element),
      sentence,
    ),
  );
  const show = () => {
    const scheme = SCHEMES[model.get("scheme")];
    const curves = curvesOf({
      scheme,
      heads: 2 ** model.get("doublings"),
      table: model.get("table"),
      longest: model.get("longest"),
    });
    const weights = weightsOf(curves);
    const each = scheme === "RoPE" ? "pair" : "head";
    score.show(curves, each);
    weight.show(weights, each);
    setText(sentence, `${TELLING[scheme]} ${describeNear(weights, each)}`);
    set(model, { heads_display: scheme === "ALiBi" ? "" : "none" });
  };
  watch(model, ["scheme", "doublings"], show);
  show();
}

/** How much of the weight falls on the last eight places, in the nearest- and farthest-sighted
    head, or pair. */
export function describeNear(weights, each = "head") {
  const near = weights.map((row) => sum(row.slice(0, 8)));
  const percent = (share) => Math.round(100 * share);
  const [least, most] = [percent(Math.min(...near)), percent(Math.max(...near))];
  if (least === most) return say("The last 8 of 61 words get {most} % of the weight.", { most });
  return say(
    each === "pair"
      ? "The last 8 of 61 words get {least} % to {most} % of the weight, by pair."
      : "The last 8 of 61 words get {least} % to {most} % of the weight, by head.",
    { least, most },
  );
}

const BOX = { left: 44, right: 330, top: 28, bottom: 168 };
const across = (away) => BOX.left + (away / FARTHEST) * (BOX.right - BOX.left);

function chart(title, kind) {
  const lines = svg("g", {});
  const labels = svg("g", {});
  const places = [0, 20, 40, 60].map((away) => [across(away), `${away}`]);
  const element = svg(
    "svg",
    { viewBox: "0 0 344 206", role: "img" },
    svg("text", { x: BOX.left, y: 14 }, title),
    labels,
    ...columnNames(BOX, places, say("how many places back the key stands")),
    lines,
  );
  return {
    element,
    show(curves, each) {
      const all = curves.flat();
      const low = Math.min(...all, 0);
      const high = Math.max(...all, low < -1 ? 0 : 0.02);
      const up = (y) => BOX.bottom - ((y - low) / (high - low)) * (BOX.bottom - BOX.top);
      const places = (y) => (Math.abs(y) >= 10 ? 0 : kind === "weight" ? 2 : 1);
      const rows = [...new Set([low, 0, high])].map((y) => [up(y), digits(y, places(y))]);
      redraw(labels, ...rowLines(BOX, rows));
      redraw(lines, ...curves.map((curve, head) => line(curve, head, curves.length, up)));
      update(element, { "aria-label": inWords(title, curves, each) });
    },
  };
}

function line(curve, head, heads, up) {
  const opacity = heads === 1 ? 1 : 1 - (0.7 * head) / (heads - 1);
  return svg("path", { class: "curve", opacity, d: path(curve.map((y, i) => [across(i), up(y)])) });
}

function inWords(title, curves, each) {
  const [near, far] = [curves[0][0], curves[0].at(-1)].map((y) => digits(y));
  const values = { title, near, far, count: curves.length };
  if (curves.length === 1)
    return say("{title}, from {near} for the word itself to {far} at 60 places back", values);
  return say(
    each === "pair"
      ? "{title}, from {near} for the word itself to {far} at 60 places back, in pair 0 of {count}"
      : "{title}, from {near} for the word itself to {far} at 60 places back, in head 0 of {count}",
    values,
  );
}

export default { render };
