// The two sentences of the translator: words to choose, shaded by where the one in question looks.

import { button, digits, html, redraw, setText, spoken } from "./dom.js";
import { argmax } from "./math.js";
import { say } from "./say.js";
import { nearest, textOf } from "./sentence.js";
import { weightsOf } from "./translating.js";

const NEAR = 4; // known words offered for one that is not
const MARKED = 5; // unknown words that are helped

/** `choose(word)` hears which word is pressed, `look(word)` which is under the pointer (null: none):
    French words count from 0, English ones down from −1. `replace(word, other)` hears what is to stand
    in place of an unknown word. */
export function sentenceLines(known, { choose, look, replace }) {
  const english = line("keys", say("English words"));
  const french = line("queries", say("French words, as they are written"), "fr");
  const [over, under] = [html("p", { class: "attn-hint" }), html("p", { class: "attn-hint" })];
  const help = html("div", { class: "tl-help" });
  const problem = html("p", { class: "tl-problem", role: "alert" });
  const before = html("p", { class: "tl-before", lang: "fr" });
  const says = spoken("attn-says");
  const words = { choose, look };
  const shade = (now) => {
    const weights = weightsAround(now);
    english.shade(now.stale ? [] : weights.english);
    french.shade(weights.french);
    setText(over, now.word < 0 ? looks(now) : looksAcross(now));
    setText(under, now.word < 0 ? say("French") : looksBack(now));
    setText(says, describe(now, weights.english));
  };
  return {
    elements: [over, english.element, problem, help, under, french.element, before, says],
    shade,
    show(now) {
      const { typed, steps, unknown, stale, chosen, added } = now;
      english.show(
        typed.map((word, i) => ({
          word,
          unknown: unknown.includes(word),
          ...{ id: -1 - i, pressed: !stale && chosen === -1 - i, disabled: stale },
        })),
        words,
      );
      const start = { word: say("start"), id: null };
      const written = steps.map(({ word }, i) => ({
        word,
        ...{ id: i, pressed: chosen === i, disabled: stale, added: added[i] },
      }));
      french.show([start, ...written], words);
      setText(problem, now.problem);
      help.replaceChildren(
        ...unknown.slice(0, MARKED).map((word) => suggestions(word, known, replace)),
      );
      redraw(before, ...(now.touched ? untouched(now) : []));
      shade(now);
    },
  };
}

const named = (head) => (head === 0 ? say("all heads") : say("head {head}", { head: head - 1 }));
const looksAcross = ({ steps, word, layer, head }) =>
  say("English: where “{word}” looks (cross-attention, layer {layer}, {head})", {
    word: steps[word].word,
    layer,
    head: named(head),
  });
const looksBack = ({ layer, head }) =>
  say(
    "French: what is written, and where it looks (decoder self-attention, layer {layer}, {head})",
    { layer, head: named(head) },
  );
const looks = ({ source, word, layer, head }) =>
  say("English: where “{word}” looks (encoder self-attention, layer {layer}, {head})", {
    word: source[-1 - word],
    layer,
    head: named(head),
  });

/** The weights of the word in question on both lines; the French one begins with the start. */
export function weightsAround(now) {
  const { word, layer, head } = now;
  if (word < 0) return { english: weightsOf(now, "encoder", layer, head, -1 - word), french: [] };
  return {
    english: weightsOf(now, "cross", layer, head, word),
    french: weightsOf(now, "decoder", layer, head, word),
  };
}

/** What the picture shows, in words. */
export function describe(
  { problem, stale, source, steps, word, written, touched, lost, added },
  weights,
) {
  if (problem !== "") return "";
  if (stale) return say("The model is on its way; what stands here is an example.");
  const best = argmax(weights);
  const name = word < 0 ? source[-1 - word] : steps[word].word;
  const changed = [...lost, ...added].some(Boolean);
  const text = textOf(written);
  const writes = touched
    ? say(
        changed ? "With your changes it writes “{text}”." : "Your changes move no word: “{text}”.",
        { text },
      )
    : say("The model writes “{text}”.", { text });
  const looking = say("“{word}” looks most at “{best}”, with {weight} of its attention.", {
    word: name,
    best: source[best],
    weight: digits(weights[best]),
  });
  return `${writes} ${looking}`;
}

function untouched({ intact, lost }) {
  const marked = intact.flatMap((word, i) => [" ", lost[i] ? html("del", {}, word) : word]);
  return [
    html("span", { class: "attn-hint", lang: say("en") }, say("without your changes:")),
    ...marked,
  ];
}

/** Buttons that put a known word in place of an unknown one. */
function suggestions(word, known, replace) {
  const near = nearest(word.slice(0, 40), known.keys(), NEAR);
  const buttons = near.map((other) => button(other, () => replace(word, other)));
  const some = near.length > 0;
  const label = html(
    "span",
    {},
    say(some ? "in place of “{word}”" : "no known word is near “{word}”", {
      word: word.slice(0, 40),
    }),
  );
  return html("div", { class: "attn-buttons", role: "group" }, label, ...buttons);
}

/** A line of words. It is built anew only where its words change, so that the focus stays. */
function line(kind, label, lang = "en") {
  const element = html("ol", { class: `tl-line ${kind}`, "aria-label": label, lang });
  let chips = [];
  return {
    element,
    show(words, act) {
      if (words.map(({ word }) => word).join(" ") !== chips.map(({ word }) => word).join(" ")) {
        chips = words.map((one, i) => chip(one, i, act, chips[i]?.word !== one.word));
        element.replaceChildren(...chips.map(({ element: item }) => item));
      }
      chips.forEach((one, i) => {
        one.show(words[i]);
      });
    },
    shade(weights) {
      chips.forEach((one, i) => {
        one.shade(weights[i] ?? null);
      });
    },
  };
}

function chip({ word, id }, place, { choose, look }, fresh) {
  const made = id === null ? html("span", {}, word) : html("button", { type: "button" }, word);
  made.classList.add("tl-word");
  const share = html("span", { class: "digits", lang: say("en") });
  const element = html("li", { style: `--place: ${place}` }, made, share);
  if (fresh) element.classList.add("fresh");
  let shade = "";
  if (id !== null) {
    made.addEventListener("click", () => choose(id));
    for (const event of ["pointerenter", "focus"]) made.addEventListener(event, () => look(id));
    for (const event of ["pointerleave", "blur"]) made.addEventListener(event, () => look(null));
  }
  return {
    word,
    element,
    show({ unknown = false, pressed = false, disabled = false, added = false }) {
      element.classList.toggle("unknown", unknown);
      element.classList.toggle("added", added);
      if (id === null) return;
      made.setAttribute("aria-pressed", pressed);
      made.disabled = disabled;
      if (unknown) made.setAttribute("aria-label", say("{word}, not known", { word }));
    },
    shade(weight) {
      const now = (weight ?? 0).toFixed(3);
      if (now !== shade) element.style.setProperty("--weight", now);
      shade = now;
      setText(share, weight === null ? "" : digits(weight));
    },
  };
}
