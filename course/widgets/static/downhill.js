// Downhill: x² made smaller step by step, by its slope, a learning rate, and gradients forgotten or not.

import { columnNames, path, rowLines } from "./axes.js";
import { digits, html, setText, spoken, svg, update } from "./dom.js";
import { sum } from "./math.js";
import { watch } from "./model.js";
import { say } from "./say.js";

/** Where x stands after 0, 1, … `steps` steps, and the `slopes` that its gradient holds there: that of
    the place alone, or, where none is forgotten, those of all places so far. */
export function walk(start, rate, steps, forget) {
  const places = [{ x: start, slopes: [2 * start] }];
  while (places.length <= steps) {
    const { x, slopes } = places.at(-1);
    const next = x - rate * sum(slopes);
    places.push({ x: next, slopes: forget ? [2 * next] : [...slopes, 2 * next] });
  }
  return places;
}

const MOST = 3; // slopes that the sentence adds up one by one

/** What the picture shows, in words. */
export function describe(start, rate, steps, forget) {
  const { x, slopes } = walk(start, rate, steps, forget).at(-1);
  const gradient = sum(slopes);
  const signed = (number) => (number < 0 ? `(${digits(number)})` : digits(number));
  const values = {
    steps,
    x: digits(x),
    loss: digits(x * x),
    rate: digits(rate),
    total: digits(gradient),
    gradient: signed(gradient),
    next: digits(x - rate * gradient),
    slopes: slopes.map(signed).join(" + "),
    count: slopes.length,
    slope: digits(slopes.at(-1)),
  };
  const stands = say(
    steps === 1
      ? "After 1 step x = {x}, its square {loss}, the slope {slope}."
      : "After {steps} steps x = {x}, its square {loss}, the slope {slope}.",
    values,
  );
  const adds = say(
    slopes.length <= MOST
      ? "The gradient holds {slopes} = {total}."
      : "The gradient holds all {count} slopes so far, together {total}.",
    values,
  );
  const goes = say("The next step: {x} − {rate} · {gradient} = {next}.", values);
  return [stands, ...(slopes.length > 1 ? [adds] : []), goes].join(" ");
}

const BOX = { left: 34, right: 326, top: 12, bottom: 196 };
const [FURTHEST, HIGHEST] = [4, 16];
const across = (x) => BOX.left + ((x + FURTHEST) / (2 * FURTHEST)) * (BOX.right - BOX.left);
const up = (y) => BOX.bottom - (y / HIGHEST) * (BOX.bottom - BOX.top);
const CURVE = Array.from({ length: 65 }, (_, i) => (i - 32) / 8).map((x) => [across(x), up(x * x)]);

/** A piece of the straight line that touches the curve at x: 2x·to − x². */
const tangentAt = (x) => path([x - 1, x + 1].map((to) => [across(to), up(2 * x * to - x * x)]));

function render({ model, el }) {
  const curve = svg("path", { class: "curve", d: path(CURVE) });
  const [way, dots, tangent] = ["way", "dots", "tangent"].map((name) =>
    svg("path", { class: name }),
  );
  const now = svg("circle", { class: "now", r: 6 });
  const label = say("The square of x, and where x has been");
  const picture = svg(
    "svg",
    { viewBox: "0 0 340 240", role: "img", "aria-label": label },
    ...frame(),
    ...[curve, tangent, way, dots, now],
  );
  const says = spoken("attn-says");
  el.append(html("div", { class: "attn downhill" }, picture, says));
  const show = () => {
    const [start, rate] = [model.get("start"), model.get("rates")[model.get("rate")]];
    const [steps, forget] = [model.get("steps"), model.get("forget")];
    const places = walk(start, rate, steps, forget).map(({ x }) => x);
    const points = places.map((x) => [across(x), up(x * x)]);
    update(way, { d: path(points) });
    update(dots, { d: points.map((point) => `${path([point])}h0`).join("") });
    update(now, { cx: points.at(-1)[0], cy: points.at(-1)[1] });
    update(tangent, { d: tangentAt(places.at(-1)) });
    setText(says, describe(start, rate, steps, forget));
  };
  watch(model, ["rate", "steps", "forget"], show);
  show();
}

function frame() {
  return [
    ...rowLines(
      BOX,
      [0, 4, 9, 16].map((square) => [up(square), `${square}`]),
    ),
    ...columnNames(
      BOX,
      [-4, -2, 0, 2, 4].map((x) => [across(x), digits(x, 0)]),
      "x",
    ),
  ];
}

export default { render };
