// Translate: a reader's own sentence, what the trained translator makes of it in the page, where it
// looks for each word, and what changes with a weight set by hand or a head switched off.

import { areHeads, isPlace } from "./checks.js";
import { button, html, setText } from "./dom.js";
import { areEdits, nameOf, PARTS, withEdit } from "./edits.js";
import { changes, switched } from "./head_switches.js";
import { set, watch } from "./model.js";
import { say } from "./say.js";
import { numbers, wordsOf } from "./sentence.js";
import { trained } from "./trained.js";
import { transformer } from "./transformer.js";
import { sentenceLines } from "./translate_lines.js";
import { choiceTables } from "./translate_tables.js";
import { editOf, translated } from "./translating.js";

const SPECIALS = 4; // the first of the vocabulary, which no reader may type
const LONGEST = 30; // words
const BEAM = 4;
const END = say("end"); // what <eos> is called; no French word is
const HINT = say("Point at a word, or focus it, to see where it looks; press it to stay with it.");
const PACE = 900; // ms a word, when it is written slowly

/** What stands in the way of a translation, in words; "" if nothing does. */
export function problemWith(words, known) {
  if (words.length === 0) return say("Type at least one English word.");
  if (words.length > LONGEST)
    return say("That is {count} words; the model reads up to {longest}.", {
      count: words.length,
      longest: LONGEST,
    });
  const unknown = [...new Set(words.filter((word) => !known.has(word)))];
  if (unknown.length === 0) return "";
  const named = unknown.slice(0, 5).map((word) => say("“{word}”", { word: word.slice(0, 40) }));
  return say("The model knows {count} words, but not {words}.", {
    count: known.size,
    words: named.join(", "),
  });
}

function render({ model, el }) {
  const known = numbers(model.get("source_words"), SPECIALS);
  const example = exampleOf(model);
  // The words that may be typed, and those that are; what was made of the last ones that could be read, and
  // without the reader's changes; the network; the word under the pointer; whether it is written slowly.
  const state = {
    known,
    typed: wordsOf(model.get("text")),
    seen: example,
    intact: french(example),
    whole: null, // what is written without changes, kept while they are made
    network: null,
    over: null,
    slow: false,
  };
  const clock = slowly(
    () => state.seen.steps.length,
    (word) => set(model, { word }),
    (slow) => {
      state.slow = slow;
      show();
    },
  );
  const parts = partsOf(model, state, clock);
  el.append(parts.element);
  const show = () => parts.show(shown(model, state));
  const translate = () => {
    if (state.network !== null && problemWith(state.typed, known) === "") retell(model, state);
    show();
  };
  watch(model, ["sentence"], () =>
    set(model, { text: model.get("sentences")[model.get("sentence")].join(" ") }),
  );
  watch(model, ["text"], () => {
    clock.stop();
    state.typed = wordsOf(model.get("text"));
    translate();
  });
  watch(model, ["search", "edits", "off"], translate);
  watch(model, ["layer", "head", "word", "scope"], show);
  show();
  trained({ model, el }, transformer, (network) => {
    state.network = network;
    translate();
  });
}

/** What is seen, and what a reader does to it. */
function partsOf(model, state, clock) {
  const lines = sentenceLines(state.known, {
    choose: (word) => {
      clock.stop();
      set(model, { word });
    },
    look: (word) => {
      state.over = word;
      lines.shade(shown(model, state));
    },
    replace: (word, other) => set(model, { text: replaced(state.typed, word, other).join(" ") }),
  });
  const tables = choiceTables(model.get("shape").heads, {
    edit: (part, key, weight) => {
      const edit = editOf(part, shown(model, state), key, weight);
      set(model, { edits: withEdit(model.get("edits"), edit) });
    },
    flip: (layer, head) => set(model, { off: switched(model.get("off"), layer, head) }),
  });
  const slow = button("", () => (state.slow ? clock.stop() : clock.start()));
  const back = button(say("Undo all changes"), () => set(model, { edits: [], off: {} }));
  const buttons = html("div", { class: "attn-buttons" }, slow, back);
  const hint = html("p", { class: "attn-hint" }, HINT);
  return {
    element: html("div", { class: "attn tl" }, ...lines.elements, hint, buttons, tables.element),
    show(now) {
      lines.show(now);
      tables.show(now);
      back.disabled = !now.touched;
      slow.disabled = now.stale;
      setText(slow, say(now.slow ? "Stop" : "Write it slowly"));
    },
  };
}

/** A clock that goes to each word in turn; `told(whether)` hears when it starts and stops. */
function slowly(count, go, told) {
  let clock = null;
  const stop = () => {
    clearTimeout(clock);
    if (clock !== null) told(false);
    clock = null;
  };
  const step = (word) => {
    if (word >= count()) return stop();
    clock = setTimeout(() => step(word + 1), PACE);
    go(word);
  };
  return {
    stop,
    start() {
      step(0);
      told(true);
    },
  };
}

const replaced = (words, word, other) => words.map((one) => (one === word ? other : one));

/** Translates the words as typed, with what the reader has changed and without. */
function retell(model, state) {
  const source = state.typed.map((word) => state.known.get(word));
  const how = { specials: model.get("specials"), width: model.get("search") === 1 ? BEAM : 1 };
  const [edits, off] = [model.get("edits"), model.get("off")];
  const task = JSON.stringify([source, how.width]);
  if (state.whole?.task !== task) {
    const told = translated(state.network, source, { ...how, edits: [], off: {} });
    state.whole = { ...named(model, told), task };
  }
  const touched = edits.length > 0 || Object.keys(off).length > 0;
  const seen = touched
    ? named(model, translated(state.network, source, { ...how, edits, off }))
    : state.whole;
  state.seen = { ...seen, source: state.typed };
  state.intact = french(state.whole);
}

/** The same with words in place of their numbers. */
function named(model, { steps, encoder, beam }) {
  const words = model.get("target_words");
  const name = (number) => (number === model.get("specials").eos ? END : words[number]);
  return {
    steps: steps.map((step) => ({
      ...step,
      word: name(step.word),
      top: step.top.map(([number, chance]) => [name(number), chance]),
    })),
    encoder,
    beam: beam?.map((one) => ({ ...one, words: one.words.map(name) })) ?? null,
  };
}

/** The example as it is stored, with its end called as in the page's language. */
function exampleOf(model) {
  const { steps, ...others } = model.get("example");
  const name = (word) => (word === "end" ? END : word);
  const named = steps.map(({ word, top, ...step }) => ({
    ...step,
    word: name(word),
    top: top.map(([one, chance]) => [name(one), chance]),
  }));
  return { ...others, steps: named };
}

/** The French words that were written, without the end. */
const french = ({ steps }) => steps.map(({ word }) => word).filter((word) => word !== END);

/** All that is to be seen now: of the word chosen, or of the one under the pointer. */
function shown(model, { typed, seen, intact, known, network, over, slow }) {
  const [layer, head, edits, off] = ["layer", "head", "edits", "off"].map((key) => model.get(key));
  const problem = problemWith(typed, known);
  const written = french(seen);
  const word = within(over ?? model.get("word"), seen);
  const chosen = within(model.get("word"), seen);
  return {
    ...seen,
    ...changes(intact, written),
    ...{ typed, problem, intact, written, word, chosen, layer, head, edits, off },
    place: chosen < 0 ? -1 - chosen : chosen,
    scope: model.get("scope"),
    stale: typed.join(" ") !== seen.source.join(" "),
    still: network === null,
    slow,
    unknown: [...new Set(typed.filter((one) => !known.has(one)))],
    touched: edits.length > 0 || Object.keys(off).length > 0,
  };
}

/** The word in question, or the last one where there are fewer. */
const within = (word, { source, steps }) =>
  word < 0 ? Math.max(word, -source.length) : Math.min(word, steps.length - 1);

const layersOf = ({ layers }) =>
  PARTS.flatMap((part) => Array.from({ length: layers }, (_, layer) => nameOf(part, layer)));

/** What an address may set. */
const shared = {
  word: (value) => isPlace(value, 100, -100),
  edits: (value, model) => areEdits(value, model.get("shape")),
  off: (value, model) => areHeads(value, layersOf(model.get("shape")), model.get("shape").heads),
};

export default { render, shared };
