// Depth: ten words in a stack of untrained attentions: how different they stay, and the gradient.

import { columnNames, path, rowLines } from "./axes.js";
import { digits, html, setText, spoken, svg, update } from "./dom.js";
import { watch } from "./model.js";
import { say } from "./say.js";

/** The stack that was built in these ways, of all that were measured. */
export function stackOf(stacks, { residual, orthogonal, alone }) {
  const ways = [residual, orthogonal, alone];
  return stacks.find((one) => one.ways.every((way, i) => way === ways[i]));
}

/** A number with two digits that count, however small. */
export function short(number) {
  return Number(number.toPrecision(2)).toLocaleString(say("en"), { maximumSignificantDigits: 2 });
}

/** What the picture shows, in words. */
export function describe(stack, layers) {
  const [spread, gradient] = [stack.spread[layers - 1], stack.gradient[layers - 1]];
  const spreading = say(
    layers === 1
      ? "After {layers} layer the spread is {spread} of the size: {words}."
      : "After {layers} layers the spread is {spread} of the size: {words}.",
    { layers, spread: short(spread), words: alike(spread) },
  );
  const learning = say(
    "The gradient at the bottom is {gradient} (without any layer 0.04): {arrives}.",
    { gradient: short(gradient), arrives: arriving(gradient) },
  );
  return `${spreading} ${learning}`;
}

function alike(spread) {
  if (spread < 0.01) return say("all ten words are the same word");
  return say(spread < 0.3 ? "the words have become alike" : "the words are still different");
}

function arriving(gradient) {
  if (gradient < 0.01) return say("hardly anything of it arrives");
  return say(gradient < 0.5 ? "it arrives" : "it grows");
}

function render({ model, el }) {
  const spread = chart(say("How different the words still are"), "spread", say("spread ÷ size"), {
    rows: { 0: 0, 1: 1, [digits(0.5, 1)]: 0.5 },
    up: (value) => BOX.bottom - (Math.min(value, 1.1) / 1.1) * (BOX.bottom - BOX.top),
  });
  const reaching = say("The gradient that reaches the bottom");
  const gradient = chart(reaching, "gradient", say("gradient"), {
    rows: { "10⁻⁶": 0.000001, "10⁻³": 0.001, 1: 1 },
    up: (value) =>
      BOX.bottom - ((Math.log10(Math.max(value, 1e-8)) + 8) / 9) * (BOX.bottom - BOX.top),
  });
  const says = spoken("attn-says");
  const charts = html("div", { class: "depth-charts" }, spread.element, gradient.element);
  el.append(html("div", { class: "attn depth" }, charts, says));
  const show = () => {
    const stacks = model.get("stacks");
    const layers = model.get("layers");
    const now = stackOf(stacks, {
      residual: model.get("residual"),
      orthogonal: model.get("orthogonal"),
      alone: model.get("alone"),
    });
    spread.show(stacks, now, layers);
    gradient.show(stacks, now, layers);
    setText(says, describe(now, layers));
  };
  watch(model, ["layers", "residual", "orthogonal", "alone"], show);
  show();
}

const BOX = { left: 52, right: 334, top: 28, bottom: 168 };
const DEEPEST = 12;
const across = (layer) => BOX.left + ((layer - 1) / (DEEPEST - 1)) * (BOX.right - BOX.left);

/** A chart over the layers: the chosen stack in color, the others pale, a dot at the chosen depth. */
function chart(title, kind, counted, { rows, up }) {
  const others = svg("g", {});
  const line = svg("path", { class: "now" });
  const dot = svg("circle", { class: "now", r: 5 });
  const element = svg(
    "svg",
    { viewBox: "0 0 344 206", role: "img" },
    svg("text", { x: BOX.left, y: 14 }, title),
    ...rowLines(
      BOX,
      Object.entries(rows).map(([text, value]) => [up(value), text]),
    ),
    ...columnNames(
      BOX,
      [1, 4, 8, 12].map((layer) => [across(layer), `${layer}`]),
      say("layers"),
    ),
    others,
    line,
    dot,
  );
  const pathOf = (stack) => path(stack[kind].map((value, i) => [across(i + 1), up(value)]));
  return {
    element,
    show(stacks, now, layers) {
      const rest = stacks.filter((stack) => stack !== now);
      others.replaceChildren(...rest.map((stack) => svg("path", { d: pathOf(stack) })));
      update(line, { d: pathOf(now) });
      update(dot, { cx: across(layers), cy: up(now[kind][layers - 1]) });
      const [first, last] = [short(now[kind][0]), short(now[kind].at(-1))];
      const values = { title, counted, first, last };
      update(element, {
        "aria-label": say(
          "{title}: {counted} from {first} after 1 layer to {last} after 12",
          values,
        ),
      });
    },
  };
}

export default { render };
