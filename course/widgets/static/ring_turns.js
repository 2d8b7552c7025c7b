// Keys going round a ring of processes, and a timeline of who computes and who waits.

import { html, redraw, svg } from "./dom.js";
import { watch } from "./model.js";

export const LENGTH = 32; // tokens over all processes
export const WINDOW = 8; // keys that a query sees under the window, itself among them
export const MASKS = ["none", "causal", "window"];
export const ORDERS = ["contiguous", "zigzag"];

/** Where the tokens of a process stand in the sequence. */
export function places(rank, processes, order) {
  const stretches = order === "zigzag" ? [rank, 2 * processes - 1 - rank] : [rank];
  const size = LENGTH / (processes * stretches.length);
  return stretches.flatMap((stretch) => Array.from({ length: size }, (_, i) => stretch * size + i));
}

function sees(mask, query, key) {
  if (mask === "none") return true;
  return key <= query && (mask === "causal" || query - key < WINDOW);
}

/** How many pairs each process computes, turn by turn: [turn][rank]. In turn t it has the keys of
    the process t places before it. */
export function work(processes, order, mask) {
  const ranks = Array.from({ length: processes }, (_, rank) => rank);
  const held = ranks.map((rank) => places(rank, processes, order));
  return ranks.map((turn) =>
    ranks.map((rank) => {
      const keys = held[owner(rank, turn, processes)];
      return held[rank]
        .map((query) => keys.filter((key) => sees(mask, query, key)).length)
        .reduce((sum, count) => sum + count, 0);
    }),
  );
}

export const owner = (rank, turn, processes) => (rank - turn + processes) % processes;

/** A turn ends when the slowest process is done: how long each takes, all together, and the share
    of all processes' time that is waited. */
export function timeline(table) {
  const longest = table.map((row) => Math.max(...row));
  const total = longest.reduce((sum, one) => sum + one, 0);
  const computed = table.flat().reduce((sum, one) => sum + one, 0);
  return { longest, total, waited: 1 - computed / (total * table.length) };
}

/** What the picture shows, in words. */
export function describe(processes, order, mask, turn) {
  const table = work(processes, order, mask);
  const { longest, total, waited } = timeline(table);
  const all = `All ${processes} turns take as long as ${total} pairs; of all time ${Math.round(100 * waited)} % is waited.`;
  const begin = `Turn ${turn}, of 0 to ${processes - 1}: process 0 has the keys of process ${owner(0, turn, processes)}. `;
  if (longest[turn] === 0) {
    return `${begin}Nobody sees any of the keys that would come: this turn is left out. ${all}`;
  }
  const idle = table[turn].flatMap((pairs, rank) => (pairs === 0 ? [rank] : []));
  const told =
    idle.length === 0
      ? `Every process computes, ${range(table[turn])} pairs each. `
      : `${list(idle)} ${idle.length === 1 ? "sees none and waits" : "see none and wait"}. `;
  return begin + told + all;
}

const range = (row) => {
  const [least, most] = [Math.min(...row), Math.max(...row)];
  return least === most ? `${least}` : `${least} to ${most}`;
};

function list(ranks) {
  if (ranks.length === 1) return `Process ${ranks[0]}`;
  return `Processes ${ranks.slice(0, -1).join(", ")} and ${ranks[ranks.length - 1]}`;
}

function render({ model, el }) {
  const ring = svg("svg", { viewBox: "0 0 300 300", role: "img", "aria-label": "The ring" });
  const times = svg("svg", { role: "img", "aria-label": "Who computes and who waits, over time" });
  const sentence = html("p", { class: "attn-says", role: "status" });
  el.append(
    html(
      "div",
      { class: "attn ring" },
      html("div", { class: "ring-both" }, ring, times),
      html("p", { class: "attn-hint" }, "Filled: computes. Dashed: waits for the slowest."),
      sentence,
    ),
  );
  const show = () => {
    const processes = model.get("sizes")[model.get("size")];
    const [order, mask] = [ORDERS[model.get("order")], MASKS[model.get("mask")]];
    const turn = Math.min(model.get("turn"), processes - 1);
    const table = work(processes, order, mask);
    redraw(ring, ...ringParts(table, turn));
    times.setAttribute("viewBox", `0 0 340 ${TOP + ROW * processes + 30}`);
    redraw(times, ...timeParts(table, turn, scale(processes, mask)));
    sentence.textContent = describe(processes, order, mask, turn);
  };
  watch(model, ["size", "order", "mask", "turn"], show);
  show();
}

/** One scale for both orders, so that the shorter timeline is seen to be shorter. */
function scale(processes, mask) {
  const totals = ORDERS.map((order) => timeline(work(processes, order, mask)).total);
  return (WIDE - LEFT) / Math.max(...totals);
}

const CENTER = 150;

function ringParts(table, turn) {
  const processes = table.length;
  const size = processes > 4 ? 17 : 20;
  const at = (rank, radius) => {
    const angle = (2 * Math.PI * rank) / processes - Math.PI / 2;
    return [CENTER + radius * Math.cos(angle), CENTER + radius * Math.sin(angle)];
  };
  const nodes = table[turn].flatMap((pairs, rank) => {
    const [[x, y], [kx, ky]] = [at(rank, 72), at(rank, 122)];
    const kind = pairs > 0 ? "busy" : "idle";
    return [
      svg("circle", { class: `query ${kind}`, cx: x, cy: y, r: size }),
      svg("text", { class: `query ${kind}`, x, y: y + 4, "text-anchor": "middle" }, `Q${rank}`),
      svg("rect", {
        class: `key ${kind}`,
        x: kx - size,
        y: ky - 12,
        width: 2 * size,
        height: 24,
        rx: 4,
      }),
      svg(
        "text",
        { class: `key ${kind}`, x: kx, y: ky + 4, "text-anchor": "middle" },
        `K${owner(rank, turn, processes)}`,
      ),
    ];
  });
  const arrows = table.map((_, rank) => {
    const [x, y] = at(rank + 0.5, 122);
    const turned = (360 * (rank + 0.5)) / processes;
    return svg("path", {
      class: "way",
      d: "M-5 -5L4 0L-5 5",
      transform: `translate(${x.toFixed(1)} ${y.toFixed(1)}) rotate(${turned.toFixed(1)})`,
    });
  });
  return [
    svg("circle", { class: "way", cx: CENTER, cy: CENTER, r: 122 }),
    ...arrows,
    ...nodes,
    svg(
      "text",
      { class: "quiet", x: CENTER, y: CENTER + 4, "text-anchor": "middle" },
      `turn ${turn}`,
    ),
  ];
}

const [LEFT, WIDE, TOP, ROW] = [74, 336, 26, 26];

function timeParts(table, turn, unit) {
  const { longest, total } = timeline(table);
  const starts = longest.map((_, i) =>
    longest.slice(0, i).reduce((sum, one) => sum + one, LEFT / unit),
  );
  const bars = table.flatMap((row, i) =>
    row.flatMap((pairs, rank) => {
      const [x, y] = [starts[i] * unit, TOP + ROW * rank];
      const bar = (kind, from, width) =>
        svg("rect", { class: kind, x: from, y: y + 2, width: Math.max(0, width), height: ROW - 6 });
      return [
        bar("waits", x, longest[i] * unit - 1),
        bar("works", x, pairs > 0 ? pairs * unit - 1 : 0),
      ];
    }),
  );
  const names = table.map((_, rank) =>
    svg(
      "text",
      { class: "quiet", x: LEFT - 8, y: TOP + ROW * rank + 17, "text-anchor": "end" },
      `process ${rank}`,
    ),
  );
  const end = TOP + ROW * table.length;
  return [
    svg("text", { class: "quiet", x: LEFT, y: 14 }, "time →"),
    ...names,
    ...bars,
    svg("rect", {
      class: "now",
      x: starts[turn] * unit - 1,
      y: TOP - 2,
      width: Math.max(2, longest[turn] * unit + 1),
      height: ROW * table.length + 1,
    }),
    svg(
      "text",
      { class: "quiet", x: LEFT + total * unit, y: end + 18, "text-anchor": "end" },
      `${total} pairs`,
    ),
  ];
}

export default { render };
