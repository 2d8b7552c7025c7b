// Next word: a trained GPT in the page. Its text, shaded by where the last token looks; what may come
// next, before and after temperature, top-k and top-p; and dice that draw from it.

import { asset } from "./asset.js";
import { bytePairs } from "./byte_pair.js";
import { digits, html } from "./dom.js";
import { gpt } from "./gpt.js";
import { entropy, softmax } from "./math.js";
import { readSafetensors } from "./safetensors.js";

/** Probabilities after the temperature alone, and after top-k and top-p too (`topK` null: all). */
export function expected(logits, { temperature, topK, topP }) {
  const before = softmax([...logits], { temperature });
  const order = before.map((_, i) => i).sort((a, b) => before[b] - before[a] || a - b);
  const last = topK === null ? 0 : before[order[Math.min(topK, order.length) - 1]];
  const likely = order.filter((i) => before[i] >= last);
  const total = likely.reduce((sum, i) => sum + before[i], 0);
  const after = before.map(() => 0);
  let held = 0;
  for (const i of likely) {
    if (topP < 1 && held >= topP * total) break;
    after[i] = before[i];
    held += before[i];
  }
  return { before, after: after.map((chance) => chance / held), order };
}

/** The token at which the running sum of the probabilities passes `chance`, from [0, 1). */
export function drawn(probabilities, chance) {
  let running = 0;
  let last = 0;
  for (let i = 0; i < probabilities.length; i++) {
    if (probabilities[i] === 0) continue;
    running += probabilities[i];
    last = i;
    if (running > chance) return i;
  }
  return last;
}

/** Numbers from [0, 1), the same for the same seed (mulberry32). */
export function dice(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Where the last token looks: one head's weights (from 1), or with 0 the average of the layer's. */
export function weightsOfHead(maps, layer, head) {
  if (head > 0) return maps[layer][head - 1];
  return maps[layer][0].map(
    (_, j) => maps[layer].reduce((sum, weights) => sum + weights[j], 0) / maps[layer].length,
  );
}

/** A piece with its spaces and line ends made visible. */
export function shown(piece) {
  return piece.replaceAll(" ", "␣").replaceAll("\n", "↵");
}

/** What the picture shows, in words. */
export function describe({ last, pieces, chances, weights, names }) {
  const kept = chances.after.filter((chance) => chance > 0).length;
  const likeliest = chances.order[0];
  const best = weights.indexOf(Math.max(...weights));
  return (
    `After “${shown(last)}”, ${kept} of ${pieces.length} tokens may come; the likeliest is ` +
    `“${shown(pieces[likeliest])}” with ${digits(chances.after[likeliest])}. The dice are as unsure ` +
    `as among ${digits(Math.exp(entropy(chances.after)), 1)} equally likely tokens. ` +
    `The last token looks most at “${shown(names[best])}”, with ${digits(weights[best])}.`
  );
}

const ROWS = 12;
const WRITTEN = 40;

function render({ model, el }) {
  const words = html("div", {
    class: "next-text",
    role: "group",
    "aria-label": "The text, shaded by where its last token looks",
  });
  const problem = html("p", { class: "next-problem", role: "alert" });
  const table = barTable((token) => add(token));
  const sentence = html("p", { class: "next-sentence", role: "status" });
  const one = html("button", { type: "button" }, "Draw one token");
  const many = html("button", { type: "button" });
  const back = html("button", { type: "button" }, "Back to the start");
  el.append(
    html(
      "div",
      { class: "attn next" },
      words,
      problem,
      html("div", { class: "next-buttons" }, one, many, back),
      table.element,
      sentence,
    ),
  );

  const { heads, layers, context } = model.get("shape");
  const tokenizer = bytePairs(model.get("characters"), model.get("merges"));
  let network = null;
  let tokens = [];
  let read = null; // { caches, from, logits, maps } of the text so far
  let roll = dice(model.get("seed"));
  let writing = 0;

  const settings = () => ({
    temperature: model.get("temperature"),
    topP: model.get("top_p"),
    topK: model.get("kept")[model.get("top_k")],
  });

  /** Reads what is not read yet; where the context is full, the newer half anew. */
  const catchUp = () => {
    if (read === null || tokens.length - read.from > context) {
      const from = tokens.length <= context ? 0 : tokens.length - context / 2;
      read = { caches: network.start(), from };
    }
    for (let i = read.from + read.caches[0].length; i < tokens.length; i++) {
      Object.assign(read, network.read(tokens[i], read.caches));
    }
  };

  const show = () => {
    if (read === null) return;
    const chances = expected(read.logits, settings());
    const weights = weightsOfHead(read.maps, model.get("layer"), model.get("head"));
    words.replaceChildren(
      ...tokens.map((token, i) =>
        piece(token, weights[i - read.from] ?? 0, i === tokens.length - 1),
      ),
    );
    words.scrollTop = words.scrollHeight;
    table.show(chances, tokenizer.pieces, writing > 0);
    if (writing > 0) return;
    const names = tokens.slice(read.from).map((token) => tokenizer.pieces[token]);
    sentence.textContent = describe({
      last: names.at(-1),
      pieces: tokenizer.pieces,
      chances,
      weights,
      names,
    });
  };

  const piece = (token, weight, last) =>
    html(
      "span",
      {
        class: last ? "next-piece last" : "next-piece",
        style: `--weight: ${weight.toFixed(3)}`,
        title: digits(weight),
      },
      tokenizer.pieces[token].replaceAll("\n", "↵\n"),
    );

  const add = (token) => {
    tokens.push(token);
    catchUp();
    show();
  };

  const drawOne = () => add(drawn(expected(read.logits, settings()).after, roll()));

  const keepWriting = () => {
    if (writing === 0) return;
    writing -= 1;
    drawOne();
    enable();
    if (writing > 0) setTimeout(keepWriting, 20);
  };

  const enable = () => {
    one.disabled = many.disabled = writing > 0;
  };

  const restart = () => {
    if (network === null) return;
    writing = 0;
    const text = model.get("prompt").replaceAll("↵", "\n");
    const unknown = tokenizer.unknown(text);
    problem.textContent =
      text === ""
        ? "Type at least one character."
        : unknown.length
          ? `The plays have no ${unknown.join(" ")}, so the model knows none.`
          : "";
    if (problem.textContent !== "") return;
    tokens = tokenizer.encode(text);
    read = null;
    roll = dice(model.get("seed"));
    many.textContent = `Write ${WRITTEN} tokens with dice ${model.get("seed")}`;
    catchUp();
    show();
    enable();
  };

  one.addEventListener("click", drawOne);
  many.addEventListener("click", () => {
    writing = WRITTEN;
    keepWriting();
  });
  back.addEventListener("click", restart);
  model.on("change:choice", () => {
    model.set("prompt", model.get("prompts")[model.get("choice")]);
    model.save_changes();
  });
  for (const key of ["prompt", "seed"]) model.on(`change:${key}`, restart);
  for (const key of ["temperature", "top_k", "top_p", "layer", "head"]) {
    model.on(`change:${key}`, show);
  }

  return asset(model, model.get("weights")).then((bytes) => {
    network = gpt(readSafetensors(bytes), { heads, layers });
    restart();
    el.dataset.ready = "true";
  });
}

function barTable(choose) {
  const rows = Array.from({ length: ROWS }, () => {
    const button = html("button", { type: "button" });
    const bars = [html("span", { class: "before" }), html("span", { class: "after" })];
    const number = html("td", { class: "digits" });
    button.addEventListener("click", () => choose(Number(button.dataset.token)));
    return {
      button,
      bars,
      number,
      row: html(
        "tr",
        {},
        html("th", { scope: "row" }, button),
        html("td", { class: "track" }, ...bars),
        number,
      ),
    };
  });
  const others = html("td", { class: "next-others", colspan: "3" });
  const element = html(
    "table",
    { class: "next-bars" },
    html("caption", {}, "What may come next; press a token to add it yourself"),
    html(
      "colgroup",
      {},
      ...["token", "track", "number"].map((column) => html("col", { class: column })),
    ),
    html(
      "thead",
      { class: "attn-hidden" },
      html(
        "tr",
        {},
        ...["token", "probability as a bar", "probability"].map((name) =>
          html("th", { scope: "col" }, name),
        ),
      ),
    ),
    html("tbody", {}, ...rows.map(({ row }) => row), html("tr", {}, others)),
  );

  return {
    element,
    show({ before, after, order }, pieces, busy) {
      const longest = Math.max(after[order[0]], before[order[0]]);
      rows.forEach(({ row, button, bars, number }, i) => {
        const token = order[i];
        const cut = after[token] === 0;
        row.classList.toggle("cut", cut);
        button.textContent = shown(pieces[token]);
        button.dataset.token = token;
        button.disabled = busy;
        bars[0].style.width = `${(100 * before[token]) / longest}%`;
        bars[1].style.width = `${(100 * after[token]) / longest}%`;
        number.textContent = cut ? "cut" : digits(after[token], 3);
      });
      const rest = order.slice(ROWS);
      const left = rest.filter((token) => after[token] > 0);
      const share = left.reduce((sum, token) => sum + after[token], 0);
      others.textContent =
        left.length === 0
          ? `None of the ${rest.length} other tokens may come.`
          : `Of the ${rest.length} other tokens ${left.length} may come too, together with ` +
            `${digits(share, 3)}.`;
    },
  };
}

export default { render };
