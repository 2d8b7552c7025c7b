// A key in few bits: each number rounded to a multiple of a scale, one for all or one per channel.

import { digits, html, setText, spoken, svg, update } from "./dom.js";
import { watch } from "./model.js";
import { say } from "./say.js";

/** The key, its large channel of that size. */
export function exact(key, large, size) {
  return key.map((number, channel) => (channel === large ? number * size : number));
}

/** The scale of each channel. In all tokens a channel's largest number is 1, or the size. */
export function scales(key, large, size, bits, perChannel) {
  const steps = 2 ** (bits - 1) - 1;
  const largest = Math.max(...exact(key, large, size).map(Math.abs));
  return key.map((_, channel) => {
    if (!perChannel) return largest / steps;
    return (channel === large ? size : 1) / steps;
  });
}

/** What comes back: halves are rounded to the even number, as torch does. */
export function back(key, large, size, bits, perChannel) {
  const scale = scales(key, large, size, bits, perChannel);
  return exact(key, large, size).map((number, i) => even(number / scale[i]) * scale[i]);
}

function even(number) {
  const below = Math.floor(number);
  const rest = number - below;
  if (rest !== 0.5) return Math.round(number);
  return below % 2 === 0 ? below : below + 1;
}

/** What the picture shows, in words. */
export function describe(key, large, size, bits, perChannel) {
  const numbers = exact(key, large, size);
  const returned = back(key, large, size, bits, perChannel);
  const scale = scales(key, large, size, bits, perChannel);
  const others = key.map((_, i) => i).filter((i) => i !== large);
  const error = Math.max(...others.map((i) => Math.abs(numbers[i] - returned[i])));
  const gone = others.filter((i) => returned[i] === 0).length;
  const rounded = say(
    "In {bits} bits a number is one of {count}. The scale of the seven other channels is {scale}, so none is off by more than {half}: here by {error} at most.",
    {
      bits,
      count: 2 ** bits - 1,
      scale: digits(scale[others[0]]),
      half: digits(scale[others[0]] / 2),
      error: digits(error),
    },
  );
  const zero = say(
    gone === 1 ? "{gone} of them comes back as 0." : "{gone} of them come back as 0.",
    { gone },
  );
  return `${rounded} ${zero}`;
}

const LEFT = 74;
const WIDTH = 160;
const ROW = 26;
const TOP = 24;

function render({ model, el }) {
  const [key, large] = [model.get("key_numbers"), model.get("large")];
  const chart = channelRows(key);
  const sentence = spoken("attn-says");
  el.append(html("div", { class: "attn bits" }, chart.element, sentence));
  const show = () => {
    const [size, bits, perChannel] = ["size", "bits", "per_channel"].map((t) => model.get(t));
    chart.show(exact(key, large, size), back(key, large, size, bits, perChannel), large, size);
    setText(sentence, describe(key, large, size, bits, perChannel));
  };
  watch(model, ["size", "bits", "per_channel"], show);
  show();
}

/** Per channel an axis as long as its largest number, a ring at the number, a dot at what returns. */
function channelRows(key) {
  const rows = key.map((_, channel) => {
    const y = TOP + channel * ROW + 12;
    return {
      name: svg(
        "text",
        { class: "quiet", x: LEFT - 8, y: y + 4, "text-anchor": "end" },
        say("channel {channel}", { channel }),
      ),
      axis: svg("line", { x1: LEFT, x2: LEFT + WIDTH, y1: y, y2: y }),
      number: svg("circle", { class: "number", cy: y, r: 7 }),
      returned: svg("circle", { class: "returned", cy: y, r: 4 }),
      told: svg("text", { x: 350, y: y + 4, "text-anchor": "end" }),
    };
  });
  const element = svg(
    "svg",
    {
      viewBox: `0 0 352 ${TOP + key.length * ROW + 4}`,
      role: "img",
      "aria-label": say("Each number of the key, and what comes back"),
    },
    svg("text", { class: "quiet", x: LEFT, y: 14 }, say("ring: the number · dot: what comes back")),
    ...rows.flatMap((row) => Object.values(row)),
  );
  const place = (number, largest) => LEFT + (WIDTH / 2) * (1 + number / (1.1 * largest));
  return {
    element,
    show(numbers, returned, large, size) {
      rows.forEach((row, channel) => {
        const largest = channel === large ? size : 1;
        const held = Math.max(-1.1 * largest, Math.min(1.1 * largest, returned[channel]));
        update(row.number, { cx: place(numbers[channel], largest) });
        update(row.returned, { cx: place(held, largest) });
        setText(row.told, `${digits(numbers[channel])} → ${digits(returned[channel])}`);
      });
    },
  };
}

export default { render };
