// The beam: the beginnings of a translation at one step of the search, kept and dropped.

import { digits, html, setText, spoken, update } from "./dom.js";
import { set, watch } from "./model.js";
import { say } from "./say.js";

const END = "<eos>";
const SHOWN = 8; // beginnings in the table
const ALPHA = 0.6;

/** log P divided by the length penalty; the end counts as a word. */
export function score({ words, logP }) {
  return logP / ((5 + words.length) / 6) ** ALPHA;
}

const likelier = (a, b) => b.logP - a.logP;
const ended = ({ words }) => words.at(-1) === END;

/** All that a step looks at, the likeliest first: { words, logP, kept }, and what has ended before.
    `next` has the likeliest next words of each beginning with their log p. */
export function search(next, width, step) {
  let beam = [{ words: [], logP: 0 }];
  let found = [];
  let candidates = [];
  for (let now = 0; now < step && beam.length > 0; now++) {
    const before = found;
    candidates = beam
      .flatMap(({ words, logP }) =>
        next[words.join(" ")].map(([word, p]) => ({ words: [...words, word], logP: logP + p })),
      )
      .toSorted(likelier)
      .map((one, place) => ({ ...one, kept: place < width - before.length }));
    const kept = candidates.filter((one) => one.kept);
    found = [...before, ...kept.filter(ended)];
    beam = kept.filter((one) => !ended(one));
  }
  return { candidates, found, over: beam.length === 0 };
}

/** The translation that the search ends with, once it is over. */
export function best(found) {
  return found.toSorted((a, b) => score(b) - score(a))[0];
}

/** What the picture shows, in words. */
export function describe({ candidates, found, over }, width, step) {
  const kept = candidates.filter((one) => one.kept).length;
  const [first] = candidates;
  const living = say(
    kept === 1
      ? "Step {step}, width {width}: {kept} of {all} beginnings looked at is kept."
      : "Step {step}, width {width}: {kept} of {all} beginnings looked at are kept.",
    { step, width, kept, all: candidates.length },
  );
  const likeliest = say("The likeliest, “{words}”, has log P {logP}.", told(first.words, first));
  if (!over) return `${living} ${likeliest}`;
  const one = best(found);
  const result = say(
    "The search is over: “{words}”, log P {logP}.",
    told(one.words.slice(0, -1), one),
  );
  return `${living} ${likeliest} ${result}`;
}

const told = (words, { logP }) => ({ words: text(words), logP: digits(logP) });
const text = (words) => words.join(" ").replace(END, say("(end)"));

/** The last words of a beginning, as many as fit on a line. */
const tail = (words) => (words.length > 7 ? `… ${text(words.slice(-6))}` : text(words));

function render({ model, el }) {
  const english = html("p", { class: "beam-english" });
  const rows = Array.from({ length: SHOWN }, rowOf);
  const names = [say("beginning"), say("likelihood as a bar"), "log P", say("kept?")];
  const headings = names.map((name) => html("th", { scope: "col" }, name));
  const table = html(
    "table",
    { class: "beam-bars" },
    html("caption", {}, say("Beginnings of this step; those above the line live on")),
    html(
      "colgroup",
      {},
      ...["words", "track", "number", "number"].map((name) => html("col", { class: name })),
    ),
    html("thead", { class: "attn-hidden" }, html("tr", {}, ...headings)),
    html("tbody", {}, ...rows.map(({ element }) => element)),
  );
  const says = spoken("attn-says");
  el.append(html("div", { class: "attn beam" }, english, table, says));
  const show = () => {
    const { next, steps, english: words } = model.get("tables")[model.get("sentence")];
    set(model, { steps, step: Math.min(model.get("step"), steps) });
    const [width, step] = [model.get("width"), model.get("step")];
    const state = search(next, width, step);
    setText(english, words);
    for (const [i, row] of rows.entries()) row.show(state.candidates[i], state.candidates[0].logP);
    setText(says, describe(state, width, step));
  };
  watch(model, ["sentence", "width", "step"], show);
  show();
}

function rowOf() {
  const name = html("th", { scope: "row" });
  const bar = html("span", { class: "bar" });
  const [number, fate] = [html("td", { class: "digits" }), html("td", { class: "digits" })];
  const element = html("tr", {}, name, html("td", { class: "track" }, bar), number, fate);
  return {
    element,
    show(one, longest) {
      element.hidden = one === undefined;
      if (element.hidden) return;
      const { words, logP, kept } = one;
      update(element, { class: kept ? "kept" : "dropped" });
      update(name, { title: text(words) });
      setText(name, tail(words));
      bar.style.width = `${(100 * Math.exp(logP - longest)).toFixed(1)}%`;
      setText(number, digits(logP));
      setText(fate, kept ? say("kept") : "–");
    },
  };
}

export default { render };
