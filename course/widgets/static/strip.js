// A row of numbers as a strip of bars, up for what is above 0 and down for what is below.

import { digits, html, svg } from "./dom.js";
import { say } from "./say.js";

const WIDE = 6; // of a number, in units of the drawing
const HALF = 14;

/** `choose(place)` hears which number is pressed; `at` is the one in a frame, null for none. */
export function stripOf({ label, kind, numbers, chosen }, highest, at, choose) {
  const bars = Array.from(numbers, (number, i) => {
    const height = (HALF * Math.abs(number)) / (highest || 1);
    return svg("rect", {
      class: number < 0 ? "below" : "above",
      x: WIDE * i + 1,
      y: number < 0 ? HALF : HALF - height,
      width: WIDE - 2,
      height: height.toFixed(2),
    });
  });
  const framed = Number.isInteger(at) && at < numbers.length;
  const frame = () =>
    svg("rect", { class: "frame", x: WIDE * at, y: 0, width: WIDE, height: 2 * HALF });
  const drawing = svg(
    "svg",
    {
      viewBox: `0 0 ${WIDE * numbers.length} ${2 * HALF}`,
      preserveAspectRatio: "none",
      role: "img",
      "aria-label": say(
        framed ? "{label}: {count} numbers, number {at} is {number}" : "{label}: {count} numbers",
        { label, count: numbers.length, at, number: framed ? digits(numbers[at], 3) : "" },
      ),
    },
    ...bars,
    ...(framed ? [frame()] : []),
  );
  if (Number.isInteger(at)) {
    drawing.classList.add("pressed");
    drawing.addEventListener("click", ({ clientX }) => {
      const { left, width } = drawing.getBoundingClientRect();
      choose(Math.min(numbers.length - 1, Math.floor(((clientX - left) / width) * numbers.length)));
    });
  }
  const row = html("div", { class: `tour-strip ${kind}` }, html("span", {}, label), drawing);
  row.classList.toggle("chosen", chosen);
  return row;
}
