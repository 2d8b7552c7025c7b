// Keys going round a ring of processes, and a timeline of who computes and who waits.

import { html, redraw, setText, svg } from "./dom.js";
import { watch } from "./model.js";
import { say } from "./say.js";

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
    of all processes' time that goes in waiting. */
export function timeline(table) {
  const longest = table.map((row) => Math.max(...row));
  const total = longest.reduce((sum, one) => sum + one, 0);
  const computed = table.flat().reduce((sum, one) => sum + one, 0);
  return { longest, total, waited: 1 - computed / (total * table.length) };
}

/** What happens when `share` of all the time is over: which turn it is, how many pairs of it are
    done, and which processes still compute in it. */
export function at(table, share) {
  const { longest, total } = timeline(table);
  const time = Math.min(share * total, total - 1e-6);
  let [turn, begun] = [0, 0];
  while (begun + longest[turn] <= time) {
    begun += longest[turn];
    turn += 1;
  }
  const busy = table[turn].map((pairs) => pairs > time - begun);
  return { turn, busy, time };
}

/** What the picture shows, in words. */
export function describe(processes, order, mask, percent) {
  const table = work(processes, order, mask);
  const { longest, total, waited } = timeline(table);
  const { turn, busy } = at(table, percent / 100);
  const idle = busy.flatMap((one, rank) => (one ? [] : [rank]));
  const left = longest.filter((one) => one === 0).length;
  const told = [
    say("Turn {turn}, of 0 to {last}: process 0 has the keys of process {owner}.", {
      turn,
      last: processes - 1,
      owner: owner(0, turn, processes),
    }),
    waiting(idle),
    ...(left
      ? [say("{left} turns are left out, since nobody sees what would come.", { left })]
      : []),
    say("All ends after the time of {total} pairs; {percent} % of it goes in waiting.", {
      total,
      percent: Math.round(100 * waited),
    }),
  ];
  return told.join(" ");
}

function waiting(ranks) {
  if (ranks.length === 0) return say("Every process computes.");
  const [before, last] = [ranks.slice(0, -1).join(", "), ranks.at(-1)];
  return say(ranks.length === 1 ? "Process {last} waits." : "Processes {before} and {last} wait.", {
    before,
    last,
  });
}

/** The tokens of a process: "0–3, 28–31". */
export function held(rank, processes, order) {
  const mine = places(rank, processes, order);
  const runs =
    order === "zigzag" ? [mine.slice(0, mine.length / 2), mine.slice(mine.length / 2)] : [mine];
  return runs.map((run) => `${run[0]}–${run[run.length - 1]}`).join(", ");
}

function render({ model, el }) {
  const ring = svg("svg", { viewBox: "0 0 300 300", role: "img", "aria-label": say("The ring") });
  const times = svg("svg", {
    role: "img",
    "aria-label": say("Who computes and who waits, over time"),
  });
  const sentence = html("p", { class: "attn-says", role: "status" });
  el.append(
    html(
      "div",
      { class: "attn ring" },
      html("div", { class: "ring-both" }, ring, times),
      html("p", { class: "attn-hint" }, say("Filled: computes. Dashed: waits for the slowest.")),
      sentence,
    ),
  );
  const show = () => {
    const processes = model.get("sizes")[model.get("size")];
    const [order, mask] = [ORDERS[model.get("order")], MASKS[model.get("mask")]];
    const table = work(processes, order, mask);
    const now = at(table, model.get("percent") / 100);
    redraw(ring, ...ringParts(processes, now));
    times.setAttribute("viewBox", `0 0 340 ${TOP + ROW * processes + 30}`);
    redraw(times, ...timeParts(table, order, now.time, scale(processes, mask)));
    setText(sentence, describe(processes, order, mask, model.get("percent")));
  };
  watch(model, ["size", "order", "mask", "percent"], show);
  show();
}

/** One scale for both orders, so that the shorter timeline is seen to be shorter. */
function scale(processes, mask) {
  const totals = ORDERS.map((order) => timeline(work(processes, order, mask)).total);
  return (WIDE - LEFT) / Math.max(...totals);
}

const CENTER = 150;

function ringParts(processes, { turn, busy }) {
  const size = processes > 4 ? 17 : 20;
  const spot = (rank, radius) => {
    const angle = (2 * Math.PI * rank) / processes - Math.PI / 2;
    return [CENTER + radius * Math.cos(angle), CENTER + radius * Math.sin(angle)];
  };
  const nodes = busy.flatMap((computes, rank) => {
    const [[x, y], [kx, ky]] = [spot(rank, 72), spot(rank, 122)];
    const kind = computes ? "busy" : "idle";
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
  const arrows = busy.map((_, rank) => {
    const [x, y] = spot(rank + 0.5, 122);
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
      say("turn {turn}", { turn }),
    ),
  ];
}

const [LEFT, WIDE, TOP, ROW] = [112, 336, 26, 26];

function timeParts(table, order, time, unit) {
  const { longest, total } = timeline(table);
  const starts = longest.map((_, i) =>
    longest.slice(0, i).reduce((sum, one) => sum + one, LEFT / unit),
  );
  const bars = table.flatMap((row, i) =>
    row.flatMap((pairs, rank) => {
      const [x, y] = [starts[i] * unit, TOP + ROW * rank];
      const bar = (kind, width) =>
        svg("rect", { class: kind, x, y: y + 2, width: Math.max(0, width - 1), height: ROW - 6 });
      return [bar("waits", longest[i] * unit), bar("works", pairs * unit)];
    }),
  );
  const names = table.map((_, rank) =>
    svg(
      "text",
      { class: "quiet", x: LEFT - 8, y: TOP + ROW * rank + 17, "text-anchor": "end" },
      say("{rank}: {tokens}", { rank, tokens: held(rank, table.length, order) }),
    ),
  );
  const [end, now] = [TOP + ROW * table.length, LEFT + time * unit];
  return [
    svg(
      "text",
      { class: "quiet", x: LEFT - 8, y: 14, "text-anchor": "end" },
      say("process: tokens"),
    ),
    svg("text", { class: "quiet", x: LEFT, y: 14 }, say("time →")),
    ...names,
    ...bars,
    svg("line", { class: "now", x1: now, x2: now, y1: TOP - 4, y2: end }),
    svg(
      "text",
      { class: "quiet", x: LEFT + total * unit, y: end + 18, "text-anchor": "end" },
      say("{total} pairs", { total }),
    ),
  ];
}

export default { render };
