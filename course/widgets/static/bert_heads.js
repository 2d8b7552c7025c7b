// BERT's heads: a pretrained model's 72 maps of a sentence, one of them large, one word's arcs.

import { onAnotherTheme, paint, weightColor } from "./canvas_map.js";
import { isPlace } from "./checks.js";
import { digits, html, redraw, setText, spoken, update } from "./dom.js";
import { looks } from "./looks.js";
import { argmax, mean } from "./math.js";
import { set, watch } from "./model.js";
import { roving } from "./roving.js";
import { say } from "./say.js";
import { wordMap } from "./word_map.js";

export const LAYERS = 6;
export const HEADS = 12;

/** The stored weights: a byte each, 255 for 1, in the order layer, head, query, key. */
export function unpack(text) {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}

/** One head's weights as rows of numbers from 0 to 1: a row per query. */
export function mapOf(bytes, length, layer, head) {
  const start = (layer * HEADS + head) * length * length;
  return Array.from({ length }, (_, query) =>
    Array.from({ length }, (_, key) => bytes[start + query * length + key] / 255),
  );
}

/** How much the words between [CLS] and [SEP] put, on average, on the word before, the one after
    and [CLS]. Only words count as before and after. */
export function habits(map) {
  const last = map.length - 2;
  const words = Array.from({ length: last }, (_, i) => i + 1);
  return {
    before: mean(words.slice(1).map((i) => map[i][i - 1])),
    after: mean(words.slice(0, -1).map((i) => map[i][i + 1])),
    cls: mean(words.map((i) => map[i][0])),
  };
}

/** What the picture shows, in words. */
export function describe({ layer, head, words, word, map }) {
  const best = argmax(map[word]);
  const { before, after, cls } = habits(map);
  const looking = say(
    "Layer {layer}, head {head}: “{word}” looks most at “{best}”, with {weight}.",
    { layer, head, word: words[word], best: words[best], weight: digits(map[word][best]) },
  );
  const overall = say(
    "Over all words this head puts {before} on the word before, {after} on the word after, {cls} on [CLS].",
    { before: digits(before), after: digits(after), cls: digits(cls) },
  );
  return `${looking} ${overall}`;
}

function render({ model, el }) {
  const grid = headGrid((layer, head) => set(model, { layer, head }));
  const columns = looks((word) => set(model, { word }));
  const large = html("div", {});
  const says = spoken("attn-says");
  el.append(
    html(
      "div",
      { class: "attn bert" },
      grid.element,
      says,
      html("div", { class: "bert-columns" }, columns.element, large),
    ),
  );

  const show = () => {
    const now = stateOf(model);
    grid.mark(now.layer, now.head);
    setText(says, describe(now));
    columns.show({ rows: now.words, columns: now.words, map: now.map, row: now.word });
    redraw(large, largeMap(now));
  };
  const draw = () => grid.draw(stateOf(model));
  watch(model, ["layer", "head", "word"], show);
  watch(model, ["sentence"], () => {
    draw();
    show();
  });
  show();
  requestAnimationFrame(draw); // once the page's colors are known
  return onAnotherTheme(draw); // a canvas keeps its colors
}

function stateOf(model) {
  const words = model.get("sentences")[model.get("sentence")];
  const [layer, head] = [model.get("layer"), model.get("head")];
  const bytes = unpack(model.get("weights")[model.get("sentence")]);
  const map = mapOf(bytes, words.length, layer, head);
  return { words, layer, head, bytes, map, word: Math.min(model.get("word"), words.length - 1) };
}

/** 6 × 12 buttons, each with its head's map: click, or move with the arrow keys. */
function headGrid(choose) {
  const places = Array.from({ length: LAYERS * HEADS }, (_, i) => [
    Math.floor(i / HEADS),
    i % HEADS,
  ]);
  const buttons = places.map(([layer, head]) => {
    const name = say("layer {layer}, head {head}", { layer, head });
    const attributes = { type: "button", "aria-label": name, title: name };
    const button = html("button", attributes, html("canvas", {}));
    button.addEventListener("click", () => choose(layer, head));
    return button;
  });
  const stop = roving(buttons, HEADS, (i) => choose(...places[i]));
  return {
    element: gridWithNames(buttons),
    draw({ words, bytes }) {
      const color = weightColor(buttons[0]);
      buttons.forEach((button, i) => {
        paint(button.firstChild, mapOf(bytes, words.length, ...places[i]), color);
      });
    },
    mark(layer, head) {
      stop(layer * HEADS + head);
      buttons.forEach((button, i) => {
        update(button, { "aria-pressed": i === layer * HEADS + head });
      });
    },
  };
}

function gridWithNames(buttons) {
  const name = (text) => html("span", { class: "name", "aria-hidden": "true" }, text);
  const top = Array.from({ length: HEADS }, (_, head) => name(`${head}`));
  const rows = Array.from({ length: LAYERS }, (_, layer) => [
    name(`${layer}`),
    ...buttons.slice(layer * HEADS, (layer + 1) * HEADS),
  ]);
  const attributes = {
    class: "bert-grid",
    role: "group",
    "aria-label": say("All heads; arrow keys move"),
  };
  return html(
    "div",
    {},
    html("p", { class: "attn-hint" }, say("All 72 heads: a row per layer, a column per head")),
    html("div", attributes, html("span", {}), ...top, ...rows.flat()),
  );
}

function largeMap({ words, word, map, layer, head }) {
  const label = say(
    "Map of layer {layer}, head {head}: a row per word that looks, a column per word looked at",
    { layer, head },
  );
  return wordMap({ rows: words, columns: words, weights: map, now: word, label });
}

/** What an address may set. */
const shared = {
  layer: (value) => isPlace(value, LAYERS),
  head: (value) => isPlace(value, HEADS),
  word: (value, model) => isPlace(value, stateOf(model).words.length),
};

export default { render, shared };
