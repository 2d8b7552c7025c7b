// What bounds attention on a machine: its arithmetic or the way to its memory (Williams et al., 2009).

import { columnNames, path, rowLines } from "./axes.js";
import { digits, html, setText, spoken, svg, update } from "./dom.js";
import { watch } from "./model.js";
import { say } from "./say.js";

export const SIZE = 64; // numbers in a query
export const BYTES = 2; // per number, of 16 bits

/** Operations and bytes to and from memory of one head over T tokens: with the scores written to
    memory and read back (twice: scores and weights), or in tiles that never leave the chip, where
    keys and values are read once per block of queries. */
export function costs(tokens, block) {
  const states = tokens * SIZE;
  const operations = 4 * tokens * tokens * SIZE;
  const passes = Math.ceil(tokens / block);
  return {
    plain: { operations, bytes: BYTES * (4 * states + 4 * tokens * tokens) },
    tiled: { operations, bytes: BYTES * (2 * states + 2 * states * passes) },
  };
}

/** Seconds: as long as the slower of the two takes, arithmetic or memory. */
export function seconds({ operations, bytes }, bandwidth, arithmetic) {
  return Math.max(operations / arithmetic, bytes / bandwidth);
}

/** What the picture shows, in words. */
export function describe(tokens, block, bandwidth, arithmetic) {
  const { plain, tiled } = costs(tokens, block);
  const told = [plain, tiled].map((way) => {
    const slow = way.bytes / bandwidth > way.operations / arithmetic;
    const duration = time(seconds(way, bandwidth, arithmetic));
    return say(slow ? "{duration}, bound by memory" : "{duration}, bound by arithmetic", {
      duration,
    });
  });
  const gain = seconds(plain, bandwidth, arithmetic) / seconds(tiled, bandwidth, arithmetic);
  const times = say("{tokens} tokens: with all scores in memory {plain}; in tiles {tiled}.", {
    tokens,
    plain: told[0],
    tiled: told[1],
  });
  const faster = say("Tiles are {gain} times as fast, by this count.", { gain: digits(gain, 1) });
  return `${times} ${faster}`;
}

function time(duration) {
  if (duration >= 1) return `${digits(duration, 1)} s`;
  if (duration >= 1e-3) return `${digits(1e3 * duration, 1)} ms`;
  return `${digits(1e6 * duration, 1)} µs`;
}

// Both axes are logarithmic: operations per byte from 1 to 10⁵, operations per second to 10¹⁶.
const BOX = { left: 62, right: 350, top: 24, bottom: 214 };
const [LEAST, MOST] = [0, 5];
const [SLOWEST, FASTEST] = [9, 16];
const across = (power) => BOX.left + ((power - LEAST) / (MOST - LEAST)) * (BOX.right - BOX.left);
const up = (power) =>
  BOX.bottom - ((power - SLOWEST) / (FASTEST - SLOWEST)) * (BOX.bottom - BOX.top);

function render({ model, el }) {
  const chart = roofChart();
  const sentence = spoken("attn-says");
  el.append(html("div", { class: "attn roofline" }, chart.element, sentence));
  const show = () => {
    const [bandwidth, arithmetic] = [1e9 * model.get("bandwidth"), 1e12 * model.get("arithmetic")];
    const tokens = model.get("lengths")[model.get("tokens")];
    const block = model.get("blocks")[model.get("block")];
    chart.show(costs(tokens, block), bandwidth, arithmetic);
    setText(sentence, describe(tokens, block, bandwidth, arithmetic));
  };
  watch(model, ["bandwidth", "arithmetic", "tokens", "block"], show);
  show();
}

/** The machine's roof, and a point under it for each way. */
function roofChart() {
  const roof = svg("path", { class: "roof" });
  const points = ["plain", "tiled"].map((name) => ({
    name,
    mark: svg("circle", { class: name, r: 6 }),
    label: svg("text", { class: name }, name === "plain" ? say("scores in memory") : say("tiles")),
  }));
  const rates = [10, 12, 14, 16].map((power) => [up(power), RATES[power]]);
  const shares = ["1", "10", "100", "1k", "10k", "100k"].map((name, i) => [across(i), name]);
  const says = say("Operations per second by operations per byte");
  const element = svg(
    "svg",
    { viewBox: "0 0 370 262", role: "img", "aria-label": says },
    svg("text", { class: "quiet", x: 4, y: 14 }, say("operations per second")),
    ...rowLines(BOX, rates),
    ...columnNames(BOX, shares, say("operations per byte")),
    roof,
    ...points.flatMap(({ mark, label }) => [mark, label]),
  );
  return {
    element,
    show(ways, bandwidth, arithmetic) {
      const [start, edge] = [Math.log10(bandwidth), Math.log10(arithmetic / bandwidth)];
      const corners = [
        [LEAST, start],
        [edge, start + edge],
        [MOST, start + edge],
      ];
      update(roof, { d: path(corners.map(([x, y]) => [across(x), up(y)])) });
      for (const point of points) place(point, ways[point.name], bandwidth, arithmetic);
    },
  };
}

function place({ mark, label }, way, bandwidth, arithmetic) {
  const x = across(Math.log10(way.operations / way.bytes));
  const y = up(Math.log10(way.operations / seconds(way, bandwidth, arithmetic)));
  update(mark, { cx: x, cy: y });
  const left = x > (BOX.left + BOX.right) / 2;
  update(label, { x: left ? x - 10 : x + 10, y: y + 20, "text-anchor": left ? "end" : "start" });
}

const RATES = { 10: "10 G", 12: "1 T", 14: "100 T", 16: "10 P" };

export default { render };
