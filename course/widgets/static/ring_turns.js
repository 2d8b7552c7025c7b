// Keys going round a ring of processes, and a timeline of who computes and who waits.

import { html, redraw, setText, spoken, svg, update } from "./dom.js";
import { watch } from "./model.js";
import { at, held, MASKS, ORDERS, owner, timeline, work } from "./ring_work.js";
import { say } from "./say.js";

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

function render({ model, el }) {
  const ring = ringDrawing();
  const times = timeDrawing();
  const sentence = spoken("attn-says");
  el.append(
    html(
      "div",
      { class: "attn ring" },
      html("div", { class: "ring-both" }, ring.element, times.element),
      html("p", { class: "attn-hint" }, say("Filled: computes. Dashed: waits for the slowest.")),
      sentence,
    ),
  );
  const show = () => {
    const processes = model.get("sizes")[model.get("size")];
    const [order, mask] = [ORDERS[model.get("order")], MASKS[model.get("mask")]];
    const table = work(processes, order, mask);
    const now = at(table, model.get("percent") / 100);
    ring.show(processes, now);
    times.show({ table, order, mask }, now.time);
    setText(sentence, describe(processes, order, mask, model.get("percent")));
  };
  watch(model, ["size", "order", "mask", "percent"], show);
  show();
}

/** The ring in one turn, drawn anew when another process waits or the keys have gone on. */
function ringDrawing() {
  const attributes = { viewBox: "0 0 300 300", role: "img", "aria-label": say("The ring") };
  const element = svg("svg", attributes);
  let drawn = "";
  return {
    element,
    show(processes, { turn, busy }) {
      const wanted = `${turn} ${busy}`;
      if (wanted !== drawn) redraw(element, ...ringParts(processes, { turn, busy }));
      drawn = wanted;
    },
  };
}

/** The timeline, over which a line moves with the time. */
function timeDrawing() {
  const label = say("Who computes and who waits, over time");
  const element = svg("svg", { role: "img", "aria-label": label });
  const line = svg("line", { class: "now", y1: TOP - 4 });
  const bars = svg("g", {});
  element.append(bars, line);
  let [drawn, unit] = ["", 1];
  return {
    element,
    show({ table, order, mask }, time) {
      const wanted = `${table.length} ${order} ${mask}`;
      if (wanted !== drawn) {
        unit = scale(table.length, mask);
        const end = TOP + ROW * table.length;
        update(element, { viewBox: `0 0 340 ${end + 30}` });
        update(line, { y2: end });
        redraw(bars, ...timeParts(table, order, unit));
      }
      drawn = wanted;
      update(line, { x1: LEFT + time * unit, x2: LEFT + time * unit });
    },
  };
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

function timeParts(table, order, unit) {
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
  const end = TOP + ROW * table.length;
  return [
    svg(
      "text",
      { class: "quiet", x: LEFT - 8, y: 14, "text-anchor": "end" },
      say("process: tokens"),
    ),
    svg("text", { class: "quiet", x: LEFT, y: 14 }, say("time →")),
    ...names,
    ...bars,
    svg(
      "text",
      { class: "quiet", x: LEFT + total * unit, y: end + 18, "text-anchor": "end" },
      say("{total} pairs", { total }),
    ),
  ];
}

export default { render };
