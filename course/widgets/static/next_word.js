// Next word: a trained GPT in the page. Its text, shaded by where the last token looks; what may come
// next, before and after temperature, top-k and top-p; and dice that draw from it.

import { bytePairs } from "./byte_pair.js";
import { chanceTable, visible } from "./chance_table.js";
import { digits, html, setText } from "./dom.js";
import { gpt } from "./gpt.js";
import { argmax, entropy, ofHead } from "./math.js";
import { set, watch } from "./model.js";
import { dice, drawn, expected, ranked } from "./sampling.js";
import { say } from "./say.js";
import { trained } from "./trained.js";

/** What the picture shows, in words. */
export function describe({ last, pieces, chances, weights, names }) {
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
  ].join(" ");
}

const WRITTEN = 40;

async function render({ model, el }) {
  const tokenizer = bytePairs(model.get("characters"), model.get("merges"));
  // The text read, the dice, how many tokens are to be written, and what waits to write the next.
  const state = { text: null, roll: null, left: 0, next: null };
  const parts = partsOf({
    add: (token) => add(token),
    write: (count) => write(count),
    restart: () => restart(),
  });
  parts.element.hidden = true; // the still picture stands until the model is there
  el.append(parts.element);

  const show = () => {
    if (state.text !== null) parts.show(seenBy(model, tokenizer, state));
  };
  const add = (token) => {
    state.text.add(token);
    show();
  };
  const write = (count) => {
    clearTimeout(state.next);
    state.left = Math.max(0, count - 1);
    if (count === 0) return show(); // stopped
    const { after } = chances(state.text, model);
    add(drawn(after, state.roll()));
    if (state.left > 0) state.next = setTimeout(() => write(state.left), 20);
  };

  let network = null;
  const restart = () => {
    if (network === null) return;
    clearTimeout(state.next);
    state.left = 0;
    const text = model.get("prompt").replaceAll("↵", "\n");
    const problem = problemWith(text, tokenizer);
    parts.complain(problem);
    if (problem !== "") return;
    state.text = reading(network, tokenizer.encode(text), model.get("shape").context, state.text);
    state.roll = dice(model.get("seed"));
    show();
  };
  watch(model, ["choice"], () => set(model, { prompt: model.get("prompts")[model.get("choice")] }));
  watch(model, ["prompt", "seed"], restart);
  watch(model, ["temperature", "top_k", "top_p", "layer", "head"], show);
  await trained({ model, el }, gpt, (built) => {
    network = built;
    restart();
    parts.element.hidden = false;
  });
}

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

/** A text as the network reads it, token after token: what it expects next, where it looks, and the
    token `from` which it reads; `given` tokens are the reader's. Where the context is full, the newer half is read anew.
    What the text shares with the one `before` is not read again. */
function reading(network, tokens, context, before) {
  if (before?.tokens.length === tokens.length && shared(tokens, before.tokens) === tokens.length) {
    return Object.assign(before, { given: tokens.length });
  }
  const read = { tokens, from: 0, given: tokens.length, caches: network.start() };
  if (before?.from === 0) {
    const kept = Math.min(shared(before.tokens, tokens), tokens.length - 1);
    read.caches = before.caches.map((cache) => cache.slice(0, kept));
  }
  const catchUp = () => {
    if (tokens.length - read.from > context) {
      Object.assign(read, { from: tokens.length - context / 2, caches: network.start() });
    }
    for (let i = read.from + read.caches[0].length; i < tokens.length; i++) {
      Object.assign(read, network.read(tokens[i], read.caches));
    }
    read.order = ranked(read.logits);
  };
  read.add = (token) => {
    tokens.push(token);
    catchUp();
  };
  catchUp();
  return read;
}

/** How many tokens are the same in both texts, from the start. */
function shared(left, right) {
  const end = left.findIndex((token, i) => token !== right[i]);
  return end < 0 ? left.length : end;
}

/** All that is to be seen now. */
function seenBy(model, { pieces }, { text, left }) {
  const names = text.tokens.map((token) => pieces[token]);
  return {
    pieces,
    names: names.slice(text.from),
    before: names.slice(0, text.from),
    weights: ofHead(text.maps[model.get("layer")], model.get("head")),
    chances: chances(text, model),
    seed: model.get("seed"),
    busy: left > 0,
    longer: text.tokens.length > text.given,
  };
}

function partsOf({ add, write, restart }) {
  const words = html("div", {
    class: "next-text",
    role: "group",
    "aria-label": say("The text, shaded by where its last token looks"),
  });
  const problem = html("p", { class: "next-problem", role: "alert" });
  const table = chanceTable(add);
  const sentence = html("p", { class: "attn-says", role: "status" });
  const button = (text, press) => {
    const made = html("button", { type: "button" }, text);
    made.addEventListener("click", press);
    return made;
  };
  let busy = false;
  let shown = ""; // of the text: temperature, top-k and top-p leave it as it is
  const one = button(say("Draw one token"), () => write(1));
  const many = button("", () => write(busy ? 0 : WRITTEN));
  const back = button(say("Back to the start"), restart);
  const buttons = html("div", { class: "attn-buttons" }, one, many, back);
  return {
    element: html("div", { class: "attn next" }, words, problem, buttons, table.element, sentence),
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
      table.show(seen.chances, seen.pieces, seen.busy);
      busy = one.disabled = seen.busy;
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

/** The pieces of the text, each with how much the last one looks at it. */
const shades = ({ before, names, weights }) => [
  ...before.map((name) => [name, 0]),
  ...names.map((name, i) => [name, weights[i]]),
];

function piece([name, weight], i, all) {
  return html(
    "span",
    {
      class: i === all.length - 1 ? "next-piece last" : "next-piece",
      style: `--weight: ${weight.toFixed(3)}`,
      title: digits(weight),
    },
    name.replaceAll("\n", "↵\n"),
  );
}

export default { render };
