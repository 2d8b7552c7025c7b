// Your own attention: a reader's words, vectors by hand or trained, every choice of the equation, and
// each number with the sum it came from.

import { arePlaces, isPlace } from "./checks.js";
import { digits, html, redraw, setText, spoken } from "./dom.js";
import { argmax } from "./math.js";
import { set, watch } from "./model.js";
import { say } from "./say.js";
import { nearest } from "./sentence.js";
import { wordMap } from "./word_map.js";
import {
  areEdits,
  attendAll,
  looked,
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

const EQUAL = 1e-9; // weights no further apart are alike
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

function button(text, press) {
  const made = html("button", { type: "button" }, text);
  made.addEventListener("click", press);
  return made;
}

const replaced = (model, one, other) =>
  wordsIn(model.get("text"))
    .map((word) => (word === one ? other : word))
    .join(" ");

/** A row of buttons that stands only while it is of use: `told(state)` gives [text, pressed] each. */
function buttonRow(label, told, press) {
  const element = html("div", {});
  const group = html("div", {
    class: "attn-buttons own-choice",
    role: "group",
    "aria-label": label,
  });
  const name = html("span", { class: "attn-hint" }, label);
  const made = [];
  return {
    element,
    show(state) {
      const wanted = told(state);
      if (wanted.length === 0) return element.replaceChildren();
      while (made.length < wanted.length) {
        const place = made.length;
        made.push(button("", () => press(place, state.how.hidden)));
      }
      wanted.forEach(([text, pressed], i) => {
        setText(made[i], text);
        made[i].setAttribute("aria-pressed", pressed);
      });
      if (group.children.length !== wanted.length + 1) {
        group.replaceChildren(name, ...made.slice(0, wanted.length));
      }
      if (!element.firstChild) element.append(group);
    },
  };
}

const headButtons = (choose) =>
  buttonRow(
    say("head on view"),
    ({ heads, head }) =>
      heads === 1
        ? []
        : Array.from({ length: heads }, (_, i) => [say("head {head}", { head: i }), i === head]),
    choose,
  );

function hideButtons(choose) {
  let hidden = [];
  return buttonRow(
    say("hidden words"),
    ({ how, names }) => {
      hidden = how.hidden;
      return how.mask === 3 ? names.map((name, i) => [name, hidden.includes(i)]) : [];
    },
    (word) =>
      choose(hidden.includes(word) ? hidden.filter((one) => one !== word) : [...hidden, word]),
  );
}

/** What stands in the way, near words for unknown ones, and what is seen, in words. */
function noteLines(replace) {
  const problem = html("p", { class: "own-problem" });
  const help = html("div", { class: "own-help" });
  const status = spoken("attn-says");
  return {
    element: html("div", {}, problem, help),
    status,
    show(state, table) {
      setText(problem, problemWith(state));
      setText(status, state === null ? problem.textContent : describe(state));
      const near = (state?.unknown ?? []).slice(0, 3).map((word) => offers(word, table, replace));
      help.replaceChildren(...near);
    },
  };
}

function offers(word, table, replace) {
  const known = nearest(looked(word).slice(0, 30), table.words, 3);
  return html(
    "div",
    { class: "attn-buttons" },
    html(
      "span",
      {},
      say("“{word}” is not in the table: its numbers are 0.", { word: shortened(word) }),
    ),
    ...known.map((other) => button(other, () => replace(word, other))),
  );
}

export function problemWith(state) {
  if (state === null) return say("Type at least one word.");
  const count = state.typed.length;
  if (count <= MOST.words) return "";
  return say("That is {count} words; the first {most} take part.", { count, most: MOST.words });
}

/** The state in words, for those who do not see the picture. */
export const describe = (state) => `${looks(state)} ${lit(state)}`;

function looks({ names, word, row, head, heads }) {
  const best = argmax(row.weights);
  const seen = row.weights.filter((_, i) => row.allowed[i]);
  const told = { word: names[word], head, most: digits(row.weights[best], 3) };
  if (row.weights[best] === 0) {
    return say(
      heads === 1
        ? "“{word}” looks at nobody, and its output is 0."
        : "In head {head}, “{word}” looks at nobody, and its output is 0.",
      told,
    );
  }
  if (seen.length > 1 && Math.max(...seen) - Math.min(...seen) < EQUAL) {
    return say(
      heads === 1
        ? "“{word}” looks at {count} words alike ({most})."
        : "In head {head}, “{word}” looks at {count} words alike ({most}).",
      { ...told, count: seen.length },
    );
  }
  return say(
    heads === 1
      ? "“{word}” looks most at “{best}” ({most})."
      : "In head {head}, “{word}” looks most at “{best}” ({most}).",
    { ...told, best: names[best] },
  );
}

function lit({ names, row, how, part, key, place }) {
  if (part === 2) {
    const number = digits(row.output[place]);
    return say("Lit: output {place} is {number}.", { place: place + 1, number });
  }
  const hidden = how.mask > 0 && !row.allowed[key];
  const word = names[key];
  if (part === 0) {
    return say(
      hidden
        ? "Lit: the score of “{word}” is {number}, hidden by the mask."
        : "Lit: the score of “{word}” is {number}.",
      { word, number: digits(row.scores[key]) },
    );
  }
  return say(
    hidden
      ? "Lit: the weight of “{word}” is {number}, hidden by the mask."
      : "Lit: the weight of “{word}” is {number}.",
    { word, number: digits(row.weights[key], 3) },
  );
}

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
