// Position curves: what each scheme says about a key so many places back, and the weights it makes.

import { digits, html, svg, update } from "./dom.js";
import { softmax } from "./math.js";

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

/** Σ cos(distance · θᵢ): two equal waves of `size` numbers, or two vectors of ones that RoPE turned. */
export function waveProduct(distance, size) {
  let sum = 0;
  for (let i = 0; i < size; i += 2) sum += Math.cos(distance * 10000 ** (-i / size));
  return sum;
}

/** For each head of a scheme, what a key gets at the distances 0 … 60. */
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
  const size = scheme === "sinusoidal" ? 64 : 16;
  const scale = scheme === "sinusoidal" ? 1 / Math.sqrt(size) : 2 / Math.sqrt(size);
  return [DISTANCES.map((away) => scale * waveProduct(away, size))];
}

/** The weights of keys equal in content, at the distances 0 … 60: softmax of each curve. */
export function weightsOf(curves) {
  return curves.map((curve) => softmax(curve));
}

const SCHEMES = ["none", "sinusoidal", "T5 buckets", "ALiBi", "RoPE"];
const TELLING = {
  none: "Without positions every place is alike: equal words share the weight equally, near or far.",
  sinusoidal:
    "The product of two places’ waves. It is added in the embedding, so that projections " +
    "still mix it with the words; shown is what it gives by itself.",
  "T5 buckets":
    "Trained numbers, one a bucket and head: steps, and one flat step for all that is far.",
  ALiBi:
    "A straight line for each head, steep ones near-sighted, flat ones far-sighted. Nothing is learned.",
  RoPE: "The score of a query and a key of ones, turned by their places: it falls and waves.",
};

function render({ model, el }) {
  const score = chart("What the score gets", "score");
  const weight = chart("Weight among equal words", "weight");
  const sentence = html("p", { class: "curves-sentence", role: "status" });
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
    score.show(curves);
    weight.show(weights);
    sentence.textContent = `${TELLING[scheme]} ${describeNear(weights)}`;
  };
  model.on("change:scheme", show);
  model.on("change:doublings", show);
  show();
}

/** How much of the weight falls on the last eight places, in the nearest- and farthest-sighted head. */
export function describeNear(weights) {
  const near = weights.map((row) => row.slice(0, 8).reduce((sum, w) => sum + w, 0));
  const percent = (share) => `${Math.round(100 * share)} %`;
  const [least, most] = [percent(Math.min(...near)), percent(Math.max(...near))];
  return least === most
    ? `The last 8 of 61 words get ${most} of the weight.`
    : `The last 8 of 61 words get ${least} to ${most} of the weight, by head.`;
}

function chart(title, kind) {
  const [left, right, top, bottom] = [44, 330, 28, 168];
  const across = (away) => left + (away / FARTHEST) * (right - left);
  const lines = svg("g", {});
  const labels = svg("g", {});
  const columns = [0, 20, 40, 60].map((away) =>
    svg(
      "text",
      { class: "quiet", x: across(away), y: bottom + 18, "text-anchor": "middle" },
      `${away}`,
    ),
  );
  const element = svg(
    "svg",
    { viewBox: "0 0 344 206", role: "img" },
    svg("text", { x: left, y: 14 }, title),
    labels,
    ...columns,
    svg(
      "text",
      { class: "quiet", x: (left + right) / 2, y: bottom + 35, "text-anchor": "middle" },
      "how many places back the key stands",
    ),
    lines,
  );
  return {
    element,
    show(curves) {
      const all = curves.flat();
      const low = Math.min(...all, 0);
      const high = Math.max(...all, low < -1 ? 0 : 0.02);
      const up = (y) => bottom - ((y - low) / (high - low)) * (bottom - top);
      labels.replaceChildren(
        ...[...new Set([low, 0, high])].flatMap((y) => [
          svg("line", { class: "grid", x1: left, x2: right, y1: up(y), y2: up(y) }),
          svg(
            "text",
            { class: "quiet", x: left - 6, y: up(y) + 4, "text-anchor": "end" },
            digits(y, Math.abs(y) >= 10 ? 0 : kind === "weight" ? 2 : 1),
          ),
        ]),
      );
      lines.replaceChildren(
        ...curves.map((curve, head) =>
          svg("path", {
            class: "curve",
            opacity: curves.length === 1 ? 1 : 1 - (0.7 * head) / (curves.length - 1),
            d: `M${curve.map((y, i) => `${across(i).toFixed(1)} ${up(y).toFixed(1)}`).join("L")}`,
          }),
        ),
      );
      update(element, {
        "aria-label":
          `${title}, from ${digits(curves[0][0])} for the word itself ` +
          `to ${digits(curves[0].at(-1))} at 60 places back, in the first of ${curves.length} heads`,
      });
    },
  };
}

export default { render };
