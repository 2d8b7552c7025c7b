// SmolLM2's maps of a prompt: one layer's nine heads, the chosen piece's weights, and the chances.

import { onAnotherTheme, paint } from "./canvas_map.js";
import { isPlace } from "./checks.js";
import { digits, html, redraw, setText, svg, update } from "./dom.js";
import { argmax, mean } from "./math.js";
import { set, watch } from "./model.js";
import { say } from "./say.js";

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
  return Array.from({ length: LAYERS }, (_, layer) =>
    mean(
      Array.from({ length: HEADS }, (_, head) =>
        mean(
          mapOf(bytes, length, layer, head)
            .slice(1)
            .map((row) => row[0]),
        ),
      ),
    ),
  );
}

/** A piece as it is shown: its spaces and line ends can be seen. */
export function visible(piece) {
  return piece.replaceAll(" ", "␣").replaceAll("\n", "↵");
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
  const words = html("div", { class: "smol-pieces", role: "group", "aria-label": say("Piece") });
  const strip = html("div", {});
  const heads = headButtons((head) => set(model, { head }));
  const says = html("p", { class: "attn-says", role: "status" });
  const looks = bars("smol-looks", say("Where it looks: weight on each piece"), 2);
  const next = bars("smol-next", say("What may come next, in the whole model"), 3);
  const below = html("div", { class: "smol-columns" }, looks.element, next.element);
  el.append(html("div", { class: "attn smol" }, words, strip, heads.element, says, below));

  const show = () => {
    const now = stateOf(model);
    showPieces(words, now, (piece) => set(model, { piece }));
    redraw(strip, sinkStrip(now));
    heads.show(now);
    setText(says, describe(now));
    looks.show(now.row.map((weight, i) => [now.pieces[i], weight]));
    next.show(now.chances);
  };
  watch(model, ["prompt", "layer", "head", "piece"], show);
  show();
  requestAnimationFrame(show); // once the page's colors are known
  return onAnotherTheme(show); // a canvas keeps its colors
}

function stateOf(model) {
  const prompt = model.get("prompt");
  const pieces = model.get("prompts")[prompt];
  const [layer, head] = [model.get("layer"), model.get("head")];
  const piece = Math.min(model.get("piece"), pieces.length - 1);
  const bytes = unpack(model.get("weights")[prompt]);
  const maps = Array.from({ length: HEADS }, (_, i) => mapOf(bytes, pieces.length, layer, i));
  const all = sinks(bytes, pieces.length);
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

function showPieces(place, { pieces, piece }, choose) {
  const focused = place.contains(document.activeElement);
  const buttons = pieces.map((text, i) => {
    const button = html("button", { type: "button", "aria-pressed": i === piece }, visible(text));
    button.addEventListener("click", () => choose(i));
    return button;
  });
  redraw(place, ...buttons);
  if (focused) place.children[piece].focus();
}

/** A bar per layer: the mean weight on the first piece. */
function sinkStrip({ sinks: all, layer }) {
  const most = argmax(all);
  const label = say(
    "Weight on the first piece in each of the {layers} layers: {first} in layer 0, most in layer {most}, {highest}; {here} in layer {layer}",
    {
      layers: LAYERS,
      first: digits(all[0]),
      most,
      highest: digits(all[most]),
      here: digits(all[layer]),
      layer,
    },
  );
  const columns = all.flatMap((weight, i) => [
    svg("rect", { class: "track", x: 10 * i, y: 0, width: 8, height: 40 }),
    svg("rect", {
      class: i === layer ? "now" : "other",
      x: 10 * i,
      y: 40 - 40 * weight,
      width: 8,
      height: 40 * weight,
    }),
  ]);
  return html(
    "div",
    { class: "smol-sinks" },
    html(
      "p",
      { class: "attn-hint" },
      say(
        "Mean weight on the first piece, layer 0 to layer 29; the framed bar is the chosen layer",
      ),
    ),
    svg(
      "svg",
      { viewBox: `-1 -1 ${10 * LAYERS} 42`, role: "img", "aria-label": label },
      ...columns,
    ),
  );
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
  return {
    element: html("div", attributes, ...buttons),
    show({ maps, head }) {
      buttons.forEach((button, i) => {
        update(button, { "aria-pressed": i === head });
        paint(button.firstChild, maps[i]);
      });
    },
  };
}

/** A table of pieces, bars and numbers. */
function bars(kind, caption, places) {
  const body = html("tbody", {});
  const headings = [say("piece"), say("as a bar"), say("number")].map((name) =>
    html("th", { scope: "col" }, name),
  );
  const element = html(
    "table",
    { class: `smol-bars ${kind}` },
    html("caption", {}, caption),
    html("thead", { class: "attn-hidden" }, html("tr", {}, ...headings)),
    body,
  );
  return {
    element,
    show(rows) {
      redraw(
        body,
        ...rows.map(([name, share]) =>
          html(
            "tr",
            {},
            html("th", { scope: "row" }, visible(name)),
            html("td", { class: "track" }, html("span", { style: `width: ${100 * share}%` })),
            html("td", { class: "digits" }, digits(share, places)),
          ),
        ),
      );
    },
  };
}

/** What an address may set. */
const shared = {
  head: (value) => isPlace(value, HEADS),
  piece: (value, model) => isPlace(value, stateOf(model).pieces.length),
};

export default { render, shared };
