// Positions: the wheels of RoPE. Each pair of a query's and a key's numbers turns with the place.

import { columnNames, path, rowLines } from "./axes.js";
import { digits, html, setText, spoken, svg, update } from "./dom.js";
import { dot, sum } from "./math.js";
import { watch } from "./model.js";
import { say } from "./say.js";

const LAST = 120; // the furthest place a token reaches: a slider's end and the shift's
const FAR = 60; // the largest distance

/** θᵢ = base^(−2i/D), in radians a place. */
export function frequencies(size, base) {
  return Array.from({ length: size / 2 }, (_, i) => base ** ((-2 * i) / size));
}

/** The vector of the token at `place`: its pairs (0, 1), (2, 3), … each turned by place · θᵢ. */
export function rotated(vector, place, base) {
  return frequencies(vector.length, base).flatMap((theta, i) => {
    const [x, y] = [vector[2 * i], vector[2 * i + 1]];
    const [cos, sin] = [Math.cos(place * theta), Math.sin(place * theta)];
    return [x * cos - y * sin, x * sin + y * cos];
  });
}

/** Both turned vectors, what each pair adds to the score, and the score. */
export function compareAt({ query, key, queryPlace, keyPlace, shift, base }) {
  const q = rotated(query, queryPlace + shift, base);
  const k = rotated(key, keyPlace + shift, base);
  const root = Math.sqrt(query.length);
  const parts = Array.from(
    { length: query.length / 2 },
    (_, i) => dot(q.slice(2 * i, 2 * i + 2), k.slice(2 * i, 2 * i + 2)) / root,
  );
  return { query: q, key: k, parts, score: sum(parts) };
}

/** The score at every distance from −60 to 60, query's place less key's. */
export function byDistance({ query, key, base }) {
  return Array.from(
    { length: 2 * FAR + 1 },
    (_, i) => compareAt({ query, key, queryPlace: i - FAR, keyPlace: 0, shift: 0, base }).score,
  );
}

export function describePlaces({ queryPlace, keyPlace, shift }, { score }) {
  const values = {
    query: queryPlace + shift,
    key: keyPlace + shift,
    away: Math.abs(queryPlace - keyPlace),
    score: digits(score, 3),
  };
  if (values.away === 0)
    return say(
      "Query at place {query}, key at place {key} (the same place): score {score}.",
      values,
    );
  return say(
    queryPlace > keyPlace
      ? "Query at place {query}, key at place {key} ({away} before it): score {score}."
      : "Query at place {query}, key at place {key} ({away} after it): score {score}.",
    values,
  );
}

function render({ model, el }) {
  const inputs = () => ({
    query: model.get("query"),
    key: model.get("key"),
    queryPlace: model.get("query_place"),
    keyPlace: model.get("key_place"),
    shift: model.get("shift"),
    base: 10 ** (1 + model.get("magnitude")),
  });
  const road = roadOfPlaces();
  const wheels = Array.from({ length: model.get("query").length / 2 }, (_, i) => wheel(i));
  const chart = scoreChart();
  const sentence = spoken("positions-sentence");
  el.append(
    html(
      "div",
      { class: "attn positions" },
      road.element,
      html("div", { class: "positions-wheels" }, ...wheels.map(({ element }) => element)),
      chart.element,
      sentence,
    ),
  );

  const show = () => {
    const now = inputs();
    const seen = compareAt(now);
    road.show(now.queryPlace + now.shift, now.keyPlace + now.shift);
    const thetas = frequencies(now.query.length, now.base);
    wheels.forEach((one, i) => {
      const [query, key] = [seen.query, seen.key].map((turned) => turned.slice(2 * i, 2 * i + 2));
      one.show({ query, key, part: seen.parts[i], theta: thetas[i] });
    });
    chart.mark(now.queryPlace - now.keyPlace, seen.score);
    setText(sentence, describePlaces(now, seen));
  };
  const showAll = () => {
    chart.draw(byDistance(inputs()));
    show();
  };
  watch(model, ["query_place", "key_place", "shift"], show);
  watch(model, ["magnitude"], showAll);
  showAll();
}

/** A line of places with the two tokens on it: the query above, the key below. */
function roadOfPlaces() {
  const across = (place) => 14 + (place / LAST) * 372;
  const ticks = Array.from({ length: 7 }, (_, i) => 20 * i).flatMap((place) => [
    svg("line", { class: "grid", x1: across(place), x2: across(place), y1: 27, y2: 33 }),
    svg("text", { class: "quiet", x: across(place), y: 62, "text-anchor": "middle" }, `${place}`),
  ]);
  const query = svg("path", { class: "query", d: "M-6 12L6 12L0 25Z" });
  const key = svg("path", { class: "key", d: "M-6 0L6 0L0 -13Z" });
  const gap = svg("line", { class: "gap", y1: 30, y2: 30 });
  return {
    element: svg(
      "svg",
      {
        viewBox: "0 0 400 74",
        class: "positions-road",
        role: "img",
        "aria-label": say("The places of query and key in the text"),
      },
      svg("line", { class: "grid", x1: across(0), x2: across(LAST), y1: 30, y2: 30 }),
      ...ticks,
      gap,
      query,
      key,
    ),
    show(queryPlace, keyPlace) {
      update(gap, { x1: across(keyPlace), x2: across(queryPlace) });
      update(query, { transform: `translate(${across(queryPlace)} 3)` });
      update(key, { transform: `translate(${across(keyPlace)} 48)` });
    },
  };
}

const RADIUS = 58;

/** One pair of numbers as arrows of query and key on a disc, with the speed at which it turns. */
function wheel(index) {
  const query = hand("query");
  const key = hand("key");
  const speed = svg("text", { class: "quiet", x: 80, y: 160, "text-anchor": "middle" });
  const part = svg("text", { x: 80, y: 178, "text-anchor": "middle" });
  const picture = svg(
    "svg",
    { viewBox: "0 0 160 186", role: "img" },
    svg("text", { x: 80, y: 12, "text-anchor": "middle" }, say("pair {index}", { index })),
    svg("circle", { class: "rim", cx: 80, cy: 82, r: RADIUS }),
    key.element,
    query.element,
    speed,
    part,
  );
  return {
    element: picture,
    show(now) {
      query.show(now.query);
      key.show(now.key);
      const degrees = (now.theta * 180) / Math.PI;
      const values = {
        index,
        degrees: digits(degrees, degrees < 1 ? 2 : 1),
        part: digits(now.part),
      };
      setText(speed, say("{degrees}° a place", values));
      setText(part, say("adds {part}", values));
      update(picture, {
        "aria-label": say(
          "Pair {index}: turns {degrees}° a place, adds {part} to the score",
          values,
        ),
      });
    },
  };
}

function hand(kind) {
  const shaft = svg("line", { x1: 0, y1: 0, y2: 0 });
  const head = svg("path", { d: "M0 0L-9 -4.5L-9 4.5Z" });
  const element = svg("g", { class: `hand ${kind}` }, shaft, head);
  return {
    element,
    show([x, y]) {
      const length = RADIUS * Math.hypot(x, y);
      const turn = (-Math.atan2(y, x) * 180) / Math.PI;
      update(element, { transform: `translate(80 82) rotate(${turn})` });
      update(shaft, { x2: length - 6 });
      update(head, { transform: `translate(${length} 0)` });
    },
  };
}

/** Score against distance: it is all the score depends on. */
function scoreChart() {
  const box = { left: 34, right: 390, top: 26, bottom: 140 };
  const limit = 1.2; // a score here is at most 1.08
  const across = (away) => box.left + ((away + FAR) / (2 * FAR)) * (box.right - box.left);
  const up = (score) => (box.top + box.bottom) / 2 - (score / limit) * ((box.bottom - box.top) / 2);
  const curve = svg("path", { class: "curve" });
  const now = svg("circle", { class: "now", r: 6 });
  const rows = [-1, 0, 1].map((score) => [up(score), digits(score, 0)]);
  const columns = [-60, -30, 0, 30, 60].map((away) => [across(away), digits(away, 0)]);
  const element = svg(
    "svg",
    {
      viewBox: "0 0 400 180",
      class: "positions-chart",
      role: "img",
      "aria-label": say("The score against the distance between query and key"),
    },
    svg("text", { x: box.left, y: 14 }, say("Score at every distance")),
    ...rowLines(box, rows),
    ...columnNames(box, columns, say("distance: the query's place less the key's")),
    curve,
    now,
  );
  return {
    element,
    draw(scores) {
      update(curve, { d: path(scores.map((s, i) => [across(i - FAR), up(s)])) });
    },
    mark(away, score) {
      update(now, { cx: across(away), cy: up(score) });
    },
  };
}

export default { render };
