// A row of numbers as a strip of bars, up for what is above 0 and down for what is below.

import { digits, html, svg, update } from "./dom.js";
import { say } from "./say.js";

const WIDE = 6; // of a number, in units of the drawing
const HALF = 14;
const FRAMES = 32; // that would stand side by side, at most: among many numbers one alone is too narrow

/** `press(place)` hears which number is pressed. `show(chosen, at)` says whether the strip is the one
    that is followed, and which of its numbers stands in a frame, if any; nothing else is drawn anew. */
export function stripOf({ label, kind, numbers }, highest, press) {
  const count = numbers.length;
  const wide = WIDE * Math.max(1, count / FRAMES);
  const frame = svg("rect", { class: "frame", y: 0, width: wide.toFixed(1), height: 2 * HALF });
  const own = svg("path", { class: "own" });
  const drawing = svg(
    "svg",
    { viewBox: `0 0 ${WIDE * count} ${2 * HALF}`, preserveAspectRatio: "none", role: "img" },
    svg("path", { class: "above", d: bars(numbers, highest, (number) => number > 0) }),
    svg("path", { class: "below", d: bars(numbers, highest, (number) => number < 0) }),
    own,
    frame,
  );
  drawing.addEventListener("click", ({ clientX }) => {
    const { left, width } = drawing.getBoundingClientRect();
    press(Math.min(count - 1, Math.floor(((clientX - left) / width) * count)));
  });
  const element = html("div", { class: `tour-strip ${kind}` }, html("span", {}, label), drawing);
  return {
    element,
    show(chosen, at) {
      const framed = at !== null && at < count;
      const text = framed
        ? say("{label}: {count} numbers, number {at} is {number}", {
            ...{ label, count, at },
            number: digits(numbers[at], 3),
          })
        : say("{label}: {count} numbers", { label, count });
      element.classList.toggle("chosen", chosen);
      update(drawing, { "aria-label": text });
      const middle = WIDE * (framed ? at + 0.5 : 0);
      update(frame, { x: (middle - wide / 2).toFixed(1), display: framed ? "inline" : "none" });
      update(own, { d: framed ? bar(numbers[at], at, highest) : "" });
    },
  };
}

/** A bar for each number that `has` its place here, as one path. */
function bars(numbers, highest, has) {
  return Array.from(numbers, (number, i) => (has(number) ? bar(number, i, highest) : "")).join("");
}

function bar(number, i, highest) {
  const height = ((HALF * number) / (highest || 1)).toFixed(2);
  return `M${WIDE * i + 1} ${HALF}v${-height}h${WIDE - 2}v${height}z`;
}
