// A plane of small 2-D vectors: arrows from the origin, some to be dragged or moved by arrow keys.

import { digits, setText, svg, update } from "./dom.js";
import { draggable } from "./grip.js";
import { say } from "./say.js";

export const LIMIT = 2; // vectors live in [−2, 2] × [−2, 2], on a grid of 0.1
const SIDE = 300;
const UNIT = SIDE / (2 * LIMIT + 0.6);
const MIDDLE = SIDE / 2;
const ASIDE = 36;
const ROOM = 24; // half of a name's width
const KEYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };

const across = (x) => MIDDLE + x * UNIT;
const down = (y) => MIDDLE - y * UNIT;

/** On the grid and inside the plane. */
export function settle([x, y]) {
  const snap = (number) => Math.round(10 * Math.min(LIMIT, Math.max(-LIMIT, number))) / 10 + 0;
  return [snap(x), snap(y)];
}

/** Where an arrow key takes a vector: a tenth, or half a unit with Shift; null for other keys. */
export function moved([x, y], key, shift) {
  if (!(key in KEYS)) return null;
  const step = shift ? 0.5 : 0.1;
  return settle([x + step * KEYS[key][0], y + step * KEYS[key][1]]);
}

export const spoken = ([x, y]) => say("{x}, {y}", { x: digits(x, 1), y: digits(y, 1) });

export function plane(label, ...layers) {
  const ticks = [];
  for (let i = -LIMIT; i <= LIMIT; i++) {
    const [start, end] = [across(-LIMIT), across(LIMIT)];
    const kind = i === 0 ? "axis" : "grid";
    ticks.push(
      svg("line", { class: kind, x1: across(i), x2: across(i), y1: start, y2: end }),
      svg("line", { class: kind, x1: start, x2: end, y1: across(i), y2: across(i) }),
    );
  }
  return svg(
    "svg",
    { viewBox: `0 0 ${SIDE} ${SIDE}`, class: "plane", role: "group", "aria-label": label },
    ...ticks,
    ...layers,
  );
}

/** An arrow from the origin with its name at the tip. `show(vector)` moves it. */
export function arrow(kind, name) {
  const shaft = svg("line", { class: "shaft", x1: MIDDLE, y1: MIDDLE });
  const head = svg("path", { class: "head", d: "M0 0L-11 -5L-8 0L-11 5Z" });
  const text = svg("text", { class: "name", "text-anchor": "middle" }, name);
  const element = svg("g", { class: `arrow ${kind}` }, shaft, head, text);
  return {
    element,
    rename(words) {
      setText(text, words);
    },
    show([x, y]) {
      const length = Math.hypot(x, y);
      const [rightward, upward] = length === 0 ? [0, 1] : [x / length, y / length];
      const place = `translate(${across(x)} ${down(y)})`;
      update(shaft, { x2: across(x) - 6 * rightward, y2: down(y) + 6 * upward });
      update(head, { transform: `${place} rotate(${(-Math.atan2(y, x) * 180) / Math.PI})` });
      update(text, nameAt(kind, x, y));
    },
  };
}

/** Where a name stands: above its tip, or below; the output's beside it, since values stand there. */
function nameAt(kind, x, y) {
  const aside = kind === "output" ? ASIDE : 0;
  const place = across(x) + (x < 0 ? -aside : aside);
  const inside = Math.min(SIDE - ROOM, Math.max(ROOM, place));
  const above = y >= 0 ? -12 : 20;
  return { x: inside, y: down(y) + (aside && inside === place ? 5 : above) };
}

/** A line through the points, such as vectors laid head to tail. */
export function chain(kind) {
  const element = svg("polyline", { class: kind });
  return {
    element,
    show(points) {
      update(element, { points: points.map(([x, y]) => `${across(x)},${down(y)}`).join(" ") });
    },
  };
}

/** A disc around a vector's tip whose area is the weight. */
export function halo() {
  const element = svg("circle", { class: "halo" });
  return {
    element,
    show([x, y], weight) {
      update(element, { cx: across(x), cy: down(y), r: 30 * Math.sqrt(weight) });
    },
  };
}

/** An arrow the reader can move: `move(vector)` is called with its new place. */
export function handle(kind, name, move) {
  const drawn = arrow(kind, name);
  const grip = svg("circle", { class: "grip", r: 15 });
  let vector = [0, 0];
  update(drawn.element, {
    tabindex: 0,
    role: "slider",
    "aria-roledescription": say("vector, moved by the arrow keys"),
    "aria-valuemin": -LIMIT,
    "aria-valuemax": LIMIT,
  });
  drawn.element.append(grip);

  draggable(grip, drawn.element, {
    byKey: (key, shift) => moved(vector, key, shift),
    byPoint: ({ x, y }) => settle([(x - MIDDLE) / UNIT, (MIDDLE - y) / UNIT]),
    move,
  });

  return {
    element: drawn.element,
    rename(words, label) {
      drawn.rename(words);
      update(drawn.element, { "aria-label": label });
    },
    show(place) {
      vector = place;
      drawn.show(place);
      update(grip, { cx: across(place[0]), cy: down(place[1]) });
      update(drawn.element, { "aria-valuenow": place[0], "aria-valuetext": spoken(place) });
    },
  };
}
