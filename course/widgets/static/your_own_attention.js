// Your own attention: a reader's words, vectors by hand or trained, every choice of the equation, and
// each number with the sum it came from.

import { arePlaces, isPlace } from "./checks.js";
import { button, html, redraw } from "./dom.js";
import { set, watch } from "./model.js";
import { say } from "./say.js";
import { wordMap } from "./word_map.js";
import { headButtons, hideButtons } from "./your_own_buttons.js";
import { noteLines } from "./your_own_notes.js";
import {
  areEdits,
  attendAll,
  MOST,
  shortened,
  trainedTable,
  vectorsOf,
  withEdit,
  wordsIn,
} from "./your_own_numbers.js";
import { vectorSliders } from "./your_own_sliders.js";
import { headsSideBySide, numberTable, wordLine } from "./your_own_table.js";
import { traceSteps } from "./your_own_trace.js";

const CHOICES = ["score", "mask", "normalizer", "temperature", "width", "hidden"];
const TRAITS = ["text", "source", "heads", "size", "word", "head", "chosen", "edits", ...CHOICES];

function render({ model, el }) {
  const table = trainedTable(model.get("table_words"), model.get("table"));
  const parts = partsOf(model, () => stateOf(model, table));
  el.append(parts.element);
  const show = () => {
    parts.show(stateOf(model, table), table);
    set(model, {
      width_display: model.get("mask") === 2 ? "" : "none",
      temperature_display: model.get("normalizer") === 0 ? "" : "none",
    });
  };
  watch(model, TRAITS, show);
  show();
}

/** All that is to be seen now; null where no word is typed. */
function stateOf(model, table) {
  const typed = wordsIn(model.get("text"));
  const words = typed.slice(0, MOST.words);
  if (words.length === 0) return null;
  const get = (name) => model.get(name);
  const how = Object.fromEntries(CHOICES.map((name) => [name, get(name)]));
  const [heads, size, source, edits] = ["heads", "size", "source", "edits"].map(get);
  const all = vectorsOf({ words, heads, size, source, table, edits });
  const seen = attendAll(all, how);
  const head = Math.min(get("head"), heads - 1);
  const word = Math.min(get("word"), words.length - 1);
  const [part, key, place] = get("chosen");
  return {
    ...{ typed, words, names: words.map((one) => shortened(one)), how, heads, head, word, part },
    key: Math.min(key, words.length - 1),
    place: Math.min(place, size - 1),
    vectors: all[head],
    rows: seen.heads[head],
    row: seen.heads[head][word],
    outputs: seen.outputs[word],
    unknown: source === 1 ? [...new Set(words.filter((one) => !table.has(one)))] : [],
    touched: edits.length > 0,
  };
}

function partsOf(model, now) {
  const choose = (part, key, place) => {
    const [, oldKey, oldPlace] = model.get("chosen");
    set(model, { chosen: [part, key ?? oldKey, place ?? oldPlace] });
  };
  const move = (kind, place, tenths) => {
    const { head, word, key } = now();
    const edit = [model.get("source"), head, kind === 0 ? word : key, kind, place, tenths];
    set(model, { edits: withEdit(model.get("edits"), edit) });
  };
  const notes = noteLines((one, other) => set(model, { text: replaced(model, one, other) }));
  const parts = [
    wordLine((word) => set(model, { word })),
    headButtons((head) => set(model, { head })),
    hideButtons((hidden) => set(model, { hidden })),
    numberTable(choose),
    headsSideBySide(),
    traceSteps(),
    vectorSliders(move),
    overview(),
  ];
  const back = button(say("Put the vectors back"), () => set(model, { edits: [] }));
  const body = layout(parts, back);
  return {
    element: html("div", { class: "attn own" }, notes.element, notes.status, body),
    show(state, table) {
      notes.show(state, table);
      body.hidden = state === null;
      if (state === null) return;
      for (const part of parts) part.show(state);
      back.disabled = !state.touched;
    },
  };
}

function layout(parts, back) {
  const [words, heads, hide, table, sideBySide, steps, sliders, map] = parts.map(
    ({ element }) => element,
  );
  return html(
    "div",
    {},
    html(
      "p",
      { class: "attn-hint" },
      say("Whose query asks? Then choose any number of the table."),
    ),
    words,
    heads,
    hide,
    html("div", { class: "own-columns" }, html("div", {}, table, sideBySide), steps),
    sliders,
    html("div", { class: "attn-buttons" }, back),
    html("p", { class: "attn-hint" }, say("Where every word looks: a row for each query")),
    map,
  );
}

const replaced = (model, one, other) =>
  wordsIn(model.get("text"))
    .map((word) => (word === one ? other : word))
    .join(" ");

/** Everybody's weights as a map, drawn anew only where it changes. */
function overview() {
  const element = html("div", { class: "own-map" });
  let drawn = "";
  return {
    element,
    show({ names, rows, word, head, heads }) {
      const short = names.map((name) => shortened(name, 9));
      const label = say(
        heads === 1 ? "The weights of all words" : "The weights of all words in head {head}",
        { head },
      );
      const weights = rows.map((row) => row.weights);
      const wanted = JSON.stringify([short, label, word, weights]);
      if (wanted === drawn) return;
      drawn = wanted;
      redraw(element, wordMap({ rows: short, columns: short, weights, label, now: word }));
    },
  };
}

/** What an address may set. */
const shared = {
  word: (value) => isPlace(value, MOST.words),
  head: (value) => isPlace(value, MOST.heads),
  hidden: (value) => arePlaces(value, MOST.words),
  edits: areEdits,
  chosen: (value) =>
    Array.isArray(value) &&
    value.length === 3 &&
    [3, MOST.words, MOST.size].every((end, i) => isPlace(value[i], end)),
};

export default { render, shared };
