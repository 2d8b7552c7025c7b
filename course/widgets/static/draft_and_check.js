// Speculative decoding, one guess: kept with chance min(1, p/q), else another word from max(0, p − q).

import { digits, html, setText, spoken, svg, update } from "./dom.js";
import { watch } from "./model.js";
import { say } from "./say.js";

/** q, drawn towards p. */
export function drafted(model, draft, likeness) {
  return draft.map((q, i) => (1 - likeness) * q + likeness * model[i]);
}

/** The chance of each guess to stay. */
export function keeps(model, draft) {
  return model.map((p, i) => (draft[i] > 0 ? Math.min(1, p / draft[i]) : 1));
}

/** Per word, its chance to come as a guess that stays, and in place of one that does not. */
export function ways(model, draft) {
  const stays = model.map((p, i) => Math.min(p, draft[i]));
  const others = residual(model, draft);
  const refused = 1 - sum(stays);
  return { stays, replaces: others.map((share) => refused * share) };
}

/** max(0, p − q) / Σ; p itself where they are equal. */
export function residual(model, draft) {
  const more = model.map((p, i) => Math.max(0, p - draft[i]));
  const whole = sum(more);
  return whole > 1e-12 ? more.map((one) => one / whole) : [...model];
}

/** Tokens per pass through the model when each guess stays with chance α: (1 − αᵞ⁺¹) / (1 − α). */
export function tokensPerPass(alpha, guesses) {
  return Array.from({ length: guesses + 1 }, (_, n) => alpha ** n).reduce((a, b) => a + b, 0);
}

const sum = (numbers) => numbers.reduce((total, one) => total + one, 0);

/** What the picture shows, in words. */
export function describe({ words, model, draft, guess, chance, guesses }) {
  const [p, q] = [model[guess], draft[guess]];
  const keep = keeps(model, draft)[guess];
  const alpha = sum(ways(model, draft).stays);
  const others = residual(model, draft);
  const named = words
    .map((word, i) => ({ word, share: others[i] }))
    .filter(({ share }) => share > 0)
    .map(({ word, share }) => say("{word} {share}", { word, share: digits(share) }));
  const told = say(
    "The draft says {word} with {q}, the model with {p}: the guess stays with chance {keep}.",
    { word: words[guess], q: digits(q), p: digits(p), keep: digits(keep) },
  );
  const outcome = say(
    chance < keep
      ? "{chance} lies below it: {word} stays."
      : "{chance} does not lie below it: refused. In its place comes {words}.",
    { chance: digits(chance), word: words[guess], words: named.join(", ") },
  );
  const average = say(
    "Over all guesses {alpha} stay; with {guesses} per pass, one pass of the model gives {tokens} tokens on average.",
    { alpha: digits(alpha), guesses, tokens: digits(tokensPerPass(alpha, guesses)) },
  );
  return `${told} ${outcome} ${average}`;
}

const BOX = { left: 56, right: 300, top: 26, row: 46 };
const LARGEST = 0.5; // the longest bar there can be

function render({ model, el }) {
  const [words, says, draftSays] = ["words", "model_says", "draft_says"].map((trait) =>
    model.get(trait),
  );
  const bars = wordBars(words);
  const sentence = spoken("attn-says");
  el.append(html("div", { class: "attn draft" }, bars.element, sentence));
  const show = () => {
    const draft = drafted(says, draftSays, model.get("likeness"));
    const [guess, chance] = [model.get("guess"), model.get("chance")];
    bars.show(says, draft, guess);
    const guesses = model.get("guesses");
    setText(sentence, describe({ words, model: says, draft, guess, chance, guesses }));
  };
  watch(model, ["guess", "chance", "likeness", "guesses"], show);
  show();
}

/** Per word two bars: q above; below it min(p, q) and what comes in place, together as long as p. */
function wordBars(words) {
  const scale = (BOX.right - BOX.left) / LARGEST;
  const rows = words.map((word, i) => wordRow(word, BOX.top + i * BOX.row));
  const element = svg(
    "svg",
    {
      viewBox: `0 0 350 ${BOX.top + words.length * BOX.row}`,
      role: "img",
      "aria-label": say("Per word, the draft's chance and how the word comes"),
    },
    svg(
      "text",
      { class: "quiet", x: BOX.left, y: 14 },
      say("above: the draft's q · below: the model's p"),
    ),
    ...rows.flatMap((row) => [...Object.values(row)]),
  );
  return {
    element,
    show(model, draft, guess) {
      const { stays, replaces } = ways(model, draft);
      rows.forEach((row, i) => {
        update(row.name, { class: i === guess ? "chosen" : "" });
        update(row.drafted, { width: draft[i] * scale });
        update(row.stays, { width: stays[i] * scale });
        update(row.replaces, { x: BOX.left + stays[i] * scale, width: replaces[i] * scale });
        setText(row.q, digits(draft[i]));
        const more = replaces[i] > 0.001 ? ` + ${digits(replaces[i])}` : "";
        setText(row.p, `${digits(stays[i])}${more}`);
      });
    },
  };
}

function wordRow(word, y) {
  const number = (height) => ({ x: BOX.right + 46, y: height, "text-anchor": "end" });
  return {
    name: svg("text", { x: BOX.left - 6, y: y + 23, "text-anchor": "end" }, word),
    drafted: svg("rect", { class: "drafted", x: BOX.left, y: y + 2, height: 14 }),
    q: svg("text", { class: "quiet", ...number(y + 14) }),
    stays: svg("rect", { class: "stays", x: BOX.left, y: y + 20, height: 14 }),
    replaces: svg("rect", { class: "replaces", y: y + 20, height: 14 }),
    p: svg("text", number(y + 32)),
  };
}

export default { render };
