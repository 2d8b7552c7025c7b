// The translator's attention: a trained Transformer in the page, and where it looks for each word.

import { isOrder } from "./checks.js";
import { button, digits, html, redraw, setText, spoken } from "./dom.js";
import { argmax, ofHead } from "./math.js";
import { set, watch } from "./model.js";
import { movable, moved } from "./order.js";
import { say } from "./say.js";
import { trained } from "./trained.js";
import { transformer, translate } from "./transformer.js";
import { wordColumn, wordColumns } from "./word_columns.js";
import { wordMap } from "./word_map.js";

/** Weights of one layer, of a head from 1 or (0) averaged over all: a row for each French word. */
export function weightsOf(written, layer, head) {
  return written.map(({ cross }) => ofHead(cross[layer], head));
}

/** What the picture shows, in words. */
export function describe(french, english, weights) {
  const best = argmax(weights);
  return say("Writing “{word}”, the model looks most at “{best}”: {weight} of its attention.", {
    word: french,
    best: english[best],
    weight: digits(weights[best]),
  });
}

function render({ model, el }) {
  // The English words as they stand, what the model makes of them, and the model, once it is there.
  const state = { words: original(model), written: model.get("example"), network: null };
  const columns = translation({
    choose: (step) => set(model, { step }),
    move: (from, to) => reorder(moved(orderOf(model), from, to)),
  });
  const map = html("div", {});
  const label = say(
    "Map of all weights: a row for each French word, a column for each English word",
  );
  const sentence = spoken("attn-says");
  const shuffle = button(say("Shuffle the words"), () => reorder(shuffled(orderOf(model))));
  const restore = button(say("Original order"), () => reorder([]));
  el.append(layout(columns.element, map, sentence, [shuffle, restore]));

  const show = () => {
    const seen = shown(model, state);
    columns.show(seen);
    setText(sentence, describe(seen.french[seen.now], seen.english, seen.weights[seen.now]));
    shuffle.disabled = seen.fixed;
    restore.disabled = seen.fixed || original(model).every((word, i) => word === seen.english[i]);
  };
  const showAll = () => {
    const seen = shown(model, state);
    redraw(map, wordMap({ ...seen, rows: seen.french, columns: seen.english, label }));
    show();
  };
  const translateAll = () => {
    if (state.network === null) return; // the example stands until then
    translateAnew(model, state);
    showAll();
  };
  const reorder = (order) => set(model, { order });
  watch(model, ["sentence"], () => {
    if (model.get("order").length > 0) reorder([]);
    else translateAll();
  });
  watch(model, ["order"], translateAll);
  watch(model, ["step"], show);
  watch(model, ["layer", "head"], showAll);
  showAll();
  trained({ model, el }, transformer, (network) => {
    state.network = network;
    translateAll();
  });
}

const original = (model) => model.get("sentences")[model.get("sentence")];

/** The places of the words in the sentence, in the reader's order; none are kept for the sentence's own. */
function orderOf(model) {
  const order = model.get("order");
  return order.length > 0 ? order : original(model).map((_, i) => i);
}

function shuffled(places) {
  const drawn = places.map((place) => [Math.random(), place]).sort(([a], [b]) => a - b);
  return drawn.map(([, place]) => place);
}

/** Translates the words in their order, and tells the model how many steps that took. */
function translateAnew(model, state) {
  const specials = model.get("specials");
  state.words = orderOf(model).map((place) => original(model)[place]);
  const source = state.words.map((word) => model.get("source_words").indexOf(word));
  state.written = translate(state.network, source, specials)
    .filter(({ word }) => word !== specials.eos)
    .map(({ word, cross }) => ({ word: model.get("target_words")[word], cross }));
  const steps = state.written.length;
  set(model, { steps, step: Math.min(model.get("step"), steps) });
}

/** What is to be seen now: the words, the weights between them, and the French word in question. */
function shown(model, { words, written, network }) {
  return {
    english: words,
    french: written.map(({ word }) => word),
    weights: weightsOf(written, model.get("layer"), model.get("head")),
    now: Math.min(model.get("step"), written.length) - 1,
    fixed: network === null,
  };
}

function layout(columns, map, sentence, buttons) {
  const hint = say(
    "Drag an English word; or press it, and then its new place; or use the arrow keys.",
  );
  return html(
    "div",
    { class: "attn tr" },
    html("div", { class: "tr-columns" }, columns, map),
    sentence,
    html("div", { class: "attn-buttons" }, ...buttons),
    html("p", { class: "attn-hint" }, hint),
  );
}

/** English words to move on the left, French words to choose on the right, arcs between them. */
function translation({ choose, move }) {
  const english = wordColumn("keys", say("English words, in order"));
  const french = wordColumn("queries", say("French words, as written"));
  const arcs = wordColumns(english, french);
  movable(english, move);
  return {
    element: arcs.element,
    show(seen) {
      const { weights, now } = seen;
      redraw(english, ...seen.english.map((word, i) => keyWord(word, i, seen)));
      redraw(french, ...seen.french.map((word, i) => frenchWord(word, i, now, choose)));
      const lines = weights
        .slice(0, now + 1)
        .flatMap((row, right) =>
          row.map((weight, left) => ({ weight, left, right, now: right === now })),
        );
      arcs.show(
        lines.filter(({ weight }) => weight > 0.02),
        Math.max(seen.english.length, seen.french.length),
      );
    },
  };
}

function keyWord(word, i, { weights, now, fixed }) {
  const weight = weights[now][i];
  const label = say("{word}, place {place}, weight {weight}", {
    word,
    place: i + 1,
    weight: digits(weight),
  });
  const key = html("button", { type: "button", "aria-label": label }, word);
  key.disabled = fixed;
  const number = html("span", { class: "digits" }, digits(weight));
  return html("li", { style: `--weight: ${weight.toFixed(3)}` }, key, number);
}

function frenchWord(word, i, now, choose) {
  const query = html("button", { type: "button", "aria-pressed": i === now }, word);
  query.addEventListener("click", () => choose(i + 1));
  return html("li", { class: i > now ? "future" : "" }, query);
}

/** What an address may set. */
const shared = {
  order: (value, model) => isOrder(value, original(model).length),
};

export default { render, shared };
