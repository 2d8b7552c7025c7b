// How the time of a type grew in the benchmark: a curve, and its ends in words.

import { path } from "./axes.js";
import { digits, svg } from "./dom.js";
import { say } from "./say.js";

/** Points [x, y] in a box of 100 by 40 for times [T, milliseconds], both axes logarithmic: a straight
    line is a power of T, and twice as steep a line twice the power. */
export function curvePoints(times) {
  const logs = times.map((pair) => pair.map(Math.log10));
  const [left, low] = [Math.min(...logs.map(([x]) => x)), Math.min(...logs.map(([, y]) => y))];
  const across = Math.max(...logs.map(([x]) => x)) - left;
  const up = Math.max(...logs.map(([, y]) => y)) - low;
  return logs.map(([x, y]) => [(100 * (x - left)) / across, 40 - (40 * (y - low)) / up]);
}

/** The times of a type in words: the first, the last, and how they grew at the end. */
export function spent(times) {
  const one = ([T, ms]) =>
    say("{ms} ms for {tokens} tokens", {
      ms: `${ms}`.replace(".", say(".")),
      tokens: T.toLocaleString(say("en")),
    });
  const [[before, earlier], [last, latest]] = times.slice(-2);
  const doubled = (latest / earlier) ** (1 / Math.log2(last / before));
  return say(
    "{first}, {last}: in the end {doubled} times as long for twice the text (8 heads of 64, one thread)",
    { first: one(times[0]), last: one(times.at(-1)), doubled: digits(doubled, 1) },
  );
}

export function curve(times) {
  const points = curvePoints(times);
  const dots = points.map(([x, y]) => svg("circle", { cx: x.toFixed(2), cy: y.toFixed(2), r: 2 }));
  const drawn = [svg("path", { d: path(points) }), ...dots];
  const box = { class: "zoo-curve", viewBox: "-3 -3 106 46", "aria-hidden": "true" };
  return [svg("svg", box, ...drawn), spent(times)];
}
