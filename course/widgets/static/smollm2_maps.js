// SmolLM2's maps of a prompt: one layer's nine heads, the chosen piece's weights, and the chances.

import { onAnotherTheme, paint, weightColor } from "./canvas_map.js";
import { isPlace } from "./checks.js";
import { digits, html, setText, spoken, update } from "./dom.js";
import { argmax, mean } from "./math.js";
import { set, watch } from "./model.js";
import { pieceBars, visible } from "./piece_bars.js";
import { say } from "./say.js";
import { sinkStrip } from "./sink_strip.js";

export const LAYERS = 30;
export const HEADS = 9;

/** The stored weights: a byte each, 255 for 1, in the order layer, head, row; row i has i + 1. */
export function unpack(text) {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}

/** One head's weights as rows of numbers from 0 to 1: what each piece puts on itself and before. */
export function mapOf(bytes, length, layer, head) {
  const start = ((layer * HEADS + head) * length * (length + 1)) / 2;
  return Array.from({ length }, (_, row) =>
    Array.from(
      { length: row + 1 },
      (_, column) => bytes[start + (row * (row + 1)) / 2 + column] / 255,
    ),
  );
}

/** Per layer, the mean weight that heads and pieces, but the first, put on the first piece. */
export function sinks(bytes, length) {
  const later = Array.from({ length: length - 1 }, (_, i) => ((i + 1) * (i + 2)) / 2); // their rows
  const perMap = (length * (length + 1)) / 2;
  return Array.from({ length: LAYERS }, (_, layer) =>
    mean(
      Array.from({ length: HEADS }, (_, head) =>
        mean(later.map((row) => bytes[(layer * HEADS + head) * perMap + row] / 255)),
      ),
    ),
  );
}

/** What the picture shows, in words. */
export function describe({ pieces, layer, head, piece, row, sink, chances }) {
  const best = argmax(row);
  const [next, chance] = chances[0];
  const shown = visible(pieces[piece]);
  return [
    say("Layer {layer}, head {head}: “{word}” looks most at “{best}”, with {weight}.", {
      layer,
      head,
      word: shown,
      best: visible(pieces[best]),
      weight: digits(row[best]),
    }),
    say("In this layer the pieces after the first give it {share} of their weight.", {
      share: digits(sink),
    }),
    say("After “{piece}” the likeliest is “{next}”, with {chance}.", {
      piece: shown,
      next: visible(next),
      chance: digits(chance, 3),
    }),
  ].join(" ");
}

function render({ model, el }) {
  const words = pieceButtons((piece) => set(model, { piece }));
  const strip = sinkStrip(LAYERS);
  const heads = headButtons((head) => set(model, { head }));
  const says = spoken("attn-says");
  const looks = pieceBars("smol-looks", say("Where it looks: weight on each piece"), 2);
  const next = pieceBars("smol-next", say("What may come next, in the whole model"), 3);
  const below = html("div", { class: "smol-columns" }, looks.element, next.element);
  const parts = [words.element, strip.element, heads.element, says, below];
  el.append(html("div", { class: "attn smol" }, ...parts));

  const paintHeads = () => heads.paint(stateOf(model).maps);
  const show = () => {
    const now = stateOf(model);
    heads.paint(now.maps);
    heads.mark(now.head);
    words.show(now);
    strip.show(now);
    setText(says, describe(now));
    looks.show(now.row.map((weight, i) => [now.pieces[i], weight]));
    next.show(now.chances);
  };
  watch(model, ["prompt", "layer", "head", "piece"], show);
  show();
  requestAnimationFrame(paintHeads); // once the page's colors are known
  return onAnotherTheme(paintHeads); // a canvas keeps its colors
}

const read = new Map();

/** What is stored of a prompt as bytes, and what is the same for all its layers: made once. */
function weightsOf(text, length) {
  if (!read.has(text)) {
    const bytes = unpack(text);
    read.set(text, { bytes, sinks: sinks(bytes, length) });
  }
  return read.get(text);
}

function stateOf(model) {
  const prompt = model.get("prompt");
  const pieces = model.get("prompts")[prompt];
  const [layer, head] = [model.get("layer"), model.get("head")];
  const piece = Math.min(model.get("piece"), pieces.length - 1);
  const { bytes, sinks: all } = weightsOf(model.get("weights")[prompt], pieces.length);
  const maps = Array.from({ length: HEADS }, (_, i) => mapOf(bytes, pieces.length, layer, i));
  return {
    pieces,
    layer,
    head,
    piece,
    maps,
    row: maps[head][piece],
    sinks: all,
    sink: all[layer],
    chances: model.get("chances")[prompt][piece],
  };
}

/** The prompt's pieces, of which one is chosen. */
function pieceButtons(choose) {
  const label = say("Piece");
  const element = html("div", { class: "smol-pieces", role: "group", "aria-label": label });
  let buttons = [];
  return {
    element,
    show({ pieces, piece }) {
      if (buttons.length !== pieces.length) {
        buttons = pieces.map((_, i) => {
          const button = html("button", { type: "button" });
          button.addEventListener("click", () => choose(i));
          return button;
        });
        element.replaceChildren(...buttons);
      }
      buttons.forEach((button, i) => {
        setText(button, visible(pieces[i]));
        update(button, { "aria-pressed": i === piece });
      });
    },
  };
}

/** Nine buttons, each with its head's map of the layer. */
function headButtons(choose) {
  const buttons = Array.from({ length: HEADS }, (_, head) => {
    const name = say("head {head}", { head });
    const button = html(
      "button",
      { type: "button", "aria-label": name, title: name },
      html("canvas", {}),
      html("span", { "aria-hidden": "true" }, `${head}`),
    );
    button.addEventListener("click", () => choose(head));
    return button;
  });
  const attributes = { class: "smol-heads", role: "group", "aria-label": say("Head") };
  const element = html("div", attributes, ...buttons);
  return {
    element,
    paint(maps) {
      const color = weightColor(element);
      buttons.forEach((button, i) => {
        paint(button.firstChild, maps[i], color);
      });
    },
    mark(head) {
      buttons.forEach((button, i) => {
        update(button, { "aria-pressed": i === head });
      });
    },
  };
}

/** What an address may set. */
const shared = {
  head: (value) => isPlace(value, HEADS),
  piece: (value, model) => isPlace(value, stateOf(model).pieces.length),
};

export default { render, shared };
