// Next word: a trained GPT in the page. Its text, shaded by where the last token looks; what may come
// next, before and after temperature, top-k and top-p; and dice that draw from it.

import { bytePairs } from "./byte_pair.js";
import { chanceTable, visible } from "./chance_table.js";
import { isPlace } from "./checks.js";
import { button, digits, html, setText, spoken } from "./dom.js";
import { gpt } from "./gpt.js";
import { argmax, entropy, ofHead } from "./math.js";
import { set, watch } from "./model.js";
import { describeInduction, headStrips, inductionOf } from "./next_heads.js";
import { dice, drawn, expected, ranked } from "./sampling.js";
import { say } from "./say.js";
import { trained } from "./trained.js";

/** What the picture shows, in words. */
export function describe({ last, pieces, chances, weights, names, induction = null }) {
  const kept = chances.after.filter((chance) => chance > 0).length;
  const likeliest = chances.order[0];
  const best = argmax(weights);
  return [
    say(
      "After “{last}”, {kept} of {count} tokens may come; the likeliest is “{likeliest}” with {chance}.",
      {
        last: visible(last),
        kept,
        count: pieces.length,
        likeliest: visible(pieces[likeliest]),
        chance: digits(chances.after[likeliest]),
      },
    ),
    say("The dice are as unsure as among {count} equally likely tokens.", {
      count: digits(Math.exp(entropy(chances.after)), 1),
    }),
    say("The last token looks most at “{best}”, with {weight}.", {
      best: visible(names[best]),
      weight: digits(weights[best]),
    }),
    ...(induction === null ? [] : [describeInduction(induction, last)]),
  ].join(" ");
}

const WRITTEN = 40;
export const MOST = 400; // tokens added to a text

async function render({ model, el }) {
  const tokenizer = bytePairs(model.get("characters"), model.get("merges"));
  // The text read, what is wrong with the one typed, how many tokens are to be written, and what
  // waits to write the next.
  const state = { text: null, problem: "", left: 0, next: null };
  const parts = partsOf({
    add: (token) => add(token),
    write: (count) => write(count),
    restart: () => restart(),
    choose: (layer, head) => choose(model, layer, head),
    shape: model.get("shape"),
  });
  parts.element.hidden = true; // the still picture stands until the model is there
  el.append(parts.element);

  const show = () => {
    if (state.text !== null) parts.show(seenBy(model, tokenizer, state));
  };
  const add = (token) => set(model, { added: [...model.get("added"), token] });
  const write = (count) => {
    clearTimeout(state.next);
    state.left = Math.min(Math.max(0, count - 1), MOST - model.get("added").length - 1);
    if (count === 0) return show(); // stopped
    const { after } = chances(state.text, model);
    add(drawn(after, chanceAt(model.get("seed"), model.get("added").length)));
    if (state.left > 0) state.next = setTimeout(() => write(state.left), 20);
  };

  let network = null;
  const read = () => {
    if (network === null) return;
    const text = model.get("prompt").replaceAll("↵", "\n");
    state.problem = problemWith(text, tokenizer);
    parts.complain(state.problem);
    if (state.problem === "") {
      const tokens = [...tokenizer.encode(text), ...model.get("added")];
      state.text = reading(network, tokens, model.get("shape").context, state.text);
    }
    show();
  };
  const restart = () => {
    clearTimeout(state.next);
    state.left = 0;
    if (model.get("added").length > 0) set(model, { added: [] });
    else read();
  };
  watch(model, ["choice"], () => set(model, { prompt: model.get("prompts")[model.get("choice")] }));
  watch(model, ["prompt", "seed"], restart);
  watch(model, ["added"], read);
  watch(model, ["temperature", "top_k", "top_p", "layer", "head"], show);
  await trained({ model, el }, gpt, (built) => {
    network = built;
    read();
    parts.element.hidden = false;
  });
}

/** Shows a head; the one that is shown, pressed again, gives way to the average of all. */
function choose(model, layer, head) {
  const chosen = model.get("layer") === layer && model.get("head") === head + 1;
  set(model, { layer, head: chosen ? 0 : head + 1 });
}

/** The number from [0, 1) that the dice show at the token at this place behind the text. */
export const chanceAt = (seed, place) => Array.from({ length: place + 1 }, dice(seed)).at(-1);

/** What may come after a text, by the sliders. */
function chances({ logits, order }, model) {
  const topK = model.get("kept")[model.get("top_k")];
  const settings = { temperature: model.get("temperature"), topP: model.get("top_p"), topK };
  return expected(logits, settings, order);
}

function problemWith(text, tokenizer) {
  if (text === "") return say("Type at least one character.");
  const unknown = tokenizer.unknown(text);
  if (unknown.length === 0) return "";
  return say("The plays have no {unknown}, so the model knows none.", {
    unknown: unknown.join(" "),
  });
}

/** The token from which a text of this length is read: one longer than the context from half a context
    further on, so that not every token has all of it read anew. */
export function startOf(length, context) {
  const half = context / 2;
  return half * Math.max(0, Math.ceil((length - context) / half));
}

/** A text as the network reads it: what it expects next, where it looks, and the token `from` which
    it is read. What the text shares with the one `before` is not read again. */
function reading(network, tokens, context, before) {
  const same = before === null ? 0 : alike(before.tokens, tokens);
  if (before?.tokens.length === same && tokens.length === same) return before;
  const from = startOf(tokens.length, context);
  const kept = before?.from === from ? Math.min(same, tokens.length - 1) : 0;
  const caches =
    kept > from ? before.caches.map((cache) => cache.slice(0, kept - from)) : network.start();
  const read = { tokens, from, caches };
  for (let i = from + caches[0].length; i < tokens.length; i++) {
    Object.assign(read, network.read(tokens[i], caches));
  }
  const induction = inductionOf(read.maps, tokens.slice(from));
  return { ...read, order: ranked(read.logits), induction };
}

/** How many tokens are the same in both texts, from the start. */
function alike(left, right) {
  const end = left.findIndex((token, i) => token !== right[i]);
  return end < 0 ? left.length : end;
}

/** All that is to be seen now. */
function seenBy(model, { pieces }, { text, problem, left }) {
  const added = model.get("added").length;
  const names = text.tokens.map((token) => pieces[token]);
  return {
    text,
    induction: text.induction,
    pieces,
    names: names.slice(text.from),
    before: names.slice(0, text.from),
    weights: ofHead(text.maps[model.get("layer")], model.get("head")),
    layer: model.get("layer"),
    head: model.get("head"),
    chances: chances(text, model),
    seed: model.get("seed"),
    busy: left > 0,
    stuck: problem !== "" || added >= MOST,
    longer: added > 0,
  };
}

function partsOf({ add, write, restart, choose, shape }) {
  const words = html("div", {
    class: "next-text",
    role: "group",
    "aria-label": say("The text, shaded by where its last token looks"),
  });
  const problem = html("p", { class: "next-problem", role: "alert" });
  const heads = headStrips(shape, choose);
  const table = chanceTable(add);
  const sentence = spoken("attn-says");
  let busy = false;
  let shown = ""; // of the text: temperature, top-k and top-p leave it as it is
  const one = button(say("Draw one token"), () => write(1));
  const many = button("", () => write(busy ? 0 : WRITTEN));
  const back = button(say("Back to the start"), restart);
  const buttons = html("div", { class: "attn-buttons" }, one, many, back);
  const under = [heads.element, buttons, table.element, sentence];
  return {
    element: html("div", { class: "attn next" }, words, problem, ...under),
    complain(text) {
      setText(problem, text);
    },
    show(seen) {
      const now = shades(seen);
      const told = JSON.stringify(now);
      if (told !== shown) {
        words.replaceChildren(...now.map(piece));
        words.scrollTop = words.scrollHeight;
        shown = told;
      }
      heads.draw(seen.text, seen.names);
      heads.mark(seen.layer, seen.head);
      table.show(seen.chances, seen.pieces, seen.busy || seen.stuck);
      busy = seen.busy;
      one.disabled = busy || seen.stuck;
      many.disabled = !busy && seen.stuck;
      back.disabled = !seen.longer;
      setText(
        many,
        say(busy ? "Stop" : "Write {count} tokens with dice {dice}", {
          count: WRITTEN,
          dice: seen.seed,
        }),
      );
      if (!seen.busy) setText(sentence, describe({ ...seen, last: seen.names.at(-1) }));
    },
  };
}

/** The pieces of the text, each with how much the last one looks at it, and whether it follows an earlier
    place of the last one. */
const shades = ({ before, names, weights, induction }) => [
  ...before.map((name) => [name, 0, false]),
  ...names.map((name, i) => [name, weights[i], induction?.places.includes(i) ?? false]),
];

function piece([name, weight, follows], i, all) {
  const element = html(
    "span",
    {
      class: i === all.length - 1 ? "next-piece last" : "next-piece",
      style: `--weight: ${weight.toFixed(3)}`,
      title: digits(weight),
    },
    name.replaceAll("\n", "↵\n"),
  );
  element.classList.toggle("follows", follows);
  return element;
}

/** Whether these may stand behind a text: not too many, and each one of `count` tokens. */
export const areTokens = (value, count) =>
  Array.isArray(value) && value.length <= MOST && value.every((one) => isPlace(one, count));

/** What an address may set. */
const shared = {
  added: (value, model) =>
    areTokens(value, model.get("characters").length + model.get("merges").length),
};

export default { render, shared };
