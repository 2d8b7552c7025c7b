// What one process must hold to train a model: its state, and what it keeps of the tokens it reads.

import { html, setText, spoken } from "./dom.js";
import { watch } from "./model.js";
import { say } from "./say.js";

export const CARD = 80; // GB of memory on one large graphics card
const STATE = 16; // bytes per parameter: weight and gradient 2 each, a wide copy 4, Adam's two 8
const BYTES = 2; // per number of 16 bits
export const WAYS = ["one process", "DDP", "FSDP2", "FSDP2 + ring"];
const NAMES = [say("one process"), "DDP", "FSDP2", say("FSDP2 + ring")];

/** GB by way: the state of the model, and what is kept of the tokens. FSDP2 shares out the state,
    and has one layer whole at a time; a ring shares out the tokens of one sequence. What is kept is
    the input of every layer, and all of one layer, which is computed again. */
export function memory(processes, tokens, { parameters, layers, size, keys, hidden }) {
  const perToken = BYTES * (layers * size + 5 * size + 2 * keys + 3 * hidden);
  const whole = STATE * parameters;
  const shared = whole / processes + (BYTES * parameters) / layers;
  const parts = {
    "one process": [whole, perToken * tokens],
    DDP: [whole, perToken * tokens],
    FSDP2: [processes === 1 ? whole : shared, perToken * tokens],
    "FSDP2 + ring": [processes === 1 ? whole : shared, (perToken * tokens) / processes],
  };
  return Object.fromEntries(
    WAYS.map((way) => [way, { state: parts[way][0] / 1e9, tokens: parts[way][1] / 1e9 }]),
  );
}

/** GB with three digits, thousands of them as TB. */
export function readable(gb) {
  const number = gb >= 1000 ? gb / 1000 : gb;
  return say(gb >= 1000 ? "{number} TB" : "{number} GB", {
    number: number.toLocaleString(say("en"), { maximumSignificantDigits: 3 }),
  });
}

/** What the picture shows, in words. */
export function describe(processes, tokens, found) {
  const fitting = NAMES.filter((_, i) => {
    const { state, tokens: kept } = found[WAYS[i]];
    return state + kept <= CARD;
  });
  const { state, tokens: kept } = found["FSDP2 + ring"];
  return [
    say(
      processes === 1
        ? "One sequence of {tokens} tokens, one process of {card} GB."
        : "One sequence of {tokens} tokens, {processes} processes of {card} GB.",
      { tokens: tokens.toLocaleString(say("en")), processes, card: CARD },
    ),
    say(fitting.length === 0 ? "None of these fits." : "What fits: {ways}.", {
      ways: fitting.join(", "),
    }),
    say("With FSDP2 and a ring each holds {state} of the model and {kept} of the tokens.", {
      state: readable(state),
      kept: readable(kept),
    }),
  ].join(" ");
}

function render({ model, el }) {
  const rows = WAYS.map(bar);
  const sentence = spoken("attn-says");
  const key = html(
    "p",
    { class: "memory-legend" },
    html("span", { class: "state" }, say("weights, gradients, Adam")),
    html("span", { class: "tokens" }, say("kept of the tokens")),
    html("span", { class: "limit" }, readable(CARD)),
  );
  const table = html(
    "table",
    { class: "memory-bars" },
    html("caption", {}, say("Memory of each process")),
    html("tbody", {}, ...rows.map(({ element }) => element)),
  );
  el.append(html("div", { class: "attn memory" }, table, key, sentence));
  const show = () => {
    const [models, counts] = [model.get("models"), model.get("counts")];
    const [processes, tokens] = [
      counts[model.get("processes")],
      model.get("lengths")[model.get("tokens")],
    ];
    const found = memory(processes, tokens, models[model.get("model")]);
    const most = Math.max(CARD, ...WAYS.map((way) => found[way].state + found[way].tokens));
    for (const row of rows) row.show(found, most);
    setText(sentence, describe(processes, tokens, found));
  };
  watch(model, ["model", "processes", "tokens"], show);
  show();
}

function bar(way, i) {
  const [state, tokens, limit] = ["state", "tokens", "limit"].map((kind) =>
    html("span", { class: kind }),
  );
  const number = html("td", { class: "digits" });
  const track = html("td", { class: "track" }, html("div", {}, state, tokens, limit));
  return {
    element: html("tr", {}, html("th", { scope: "row" }, NAMES[i]), track, number),
    show(found, most) {
      const own = found[way];
      state.style.width = `${(100 * own.state) / most}%`;
      tokens.style.width = `${(100 * own.tokens) / most}%`;
      limit.style.left = `${(100 * CARD) / most}%`;
      setText(number, readable(own.state + own.tokens));
    },
  };
}

export default { render };
