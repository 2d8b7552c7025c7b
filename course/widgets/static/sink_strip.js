// A bar per layer: the mean weight that the pieces after the first put on the first.

import { digits, html, svg, update } from "./dom.js";
import { argmax } from "./math.js";
import { say } from "./say.js";

const [WIDE, GAP, HIGH] = [10, 2, 40]; // of a bar, in units of the drawing

export function sinkStrip(layers) {
  const bars = Array.from({ length: layers }, (_, i) =>
    svg("rect", { x: WIDE * i, width: WIDE - GAP }),
  );
  const tracks = bars.map((_, i) =>
    svg("rect", { class: "track", x: WIDE * i, y: 0, width: WIDE - GAP, height: HIGH }),
  );
  const drawing = svg(
    "svg",
    { viewBox: `-1 -1 ${WIDE * layers} ${HIGH + 2}`, role: "img" },
    ...bars.flatMap((bar, i) => [tracks[i], bar]),
  );
  const hint = say(
    "Mean weight on the first piece, layer 0 to layer 29; the framed bar is the chosen layer",
  );
  return {
    element: html("div", { class: "smol-sinks" }, html("p", { class: "attn-hint" }, hint), drawing),
    show({ sinks, layer }) {
      update(drawing, { "aria-label": inWords(sinks, layer) });
      bars.forEach((bar, i) => {
        const height = HIGH * sinks[i];
        update(bar, { class: i === layer ? "now" : "other", y: HIGH - height, height });
      });
    },
  };
}

function inWords(sinks, layer) {
  const most = argmax(sinks);
  return say(
    "Weight on the first piece in each of the {layers} layers: {first} in layer 0, most in layer {most}, {highest}; {here} in layer {layer}",
    {
      layers: sinks.length,
      first: digits(sinks[0]),
      most,
      highest: digits(sinks[most]),
      here: digits(sinks[layer]),
      layer,
    },
  );
}
