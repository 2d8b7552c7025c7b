// The block of a language model with its parts exchanged: parameters, cache, and whose block it is.

import { digits, html, setText, spoken } from "./dom.js";
import { sum } from "./math.js";
import { watch } from "./model.js";
import { say } from "./say.js";

const NORMS = ["LayerNorm", "RMSNorm"];
const FEEDS = ["gelu", "SwiGLU"];
const PLACES = [say("a learned table"), say("rotary")];
const KEY_HEADS = [9, 3, 1];
const BYTES = 2; // of a number in the cache, in 16 bits

// Whose block has these parts; sizes differ, and what is left out may be either.
const MODELS = [
  { name: "GPT-2 (2019)", norm: 0, feed: 0, places: 0, shared: [0], qk_norm: false, biases: true },
  { name: "Llama (2023)", norm: 1, feed: 1, places: 1, shared: [0], qk_norm: false, biases: false },
  {
    name: say("Llama 3, Mistral, SmolLM2 (2023 to 2025)"),
    norm: 1,
    feed: 1,
    places: 1,
    shared: [1],
    qk_norm: false,
    biases: false,
  },
  { name: "Qwen3 (2025)", norm: 1, feed: 1, places: 1, shared: [1], qk_norm: true, biases: false },
];

/** What each part is called that has parameters. */
const COUNTED = {
  "table of tokens": say("table of tokens"),
  "table of places": say("table of places"),
  "query and output": say("query and output"),
  "key and value": say("key and value"),
  "QK-norm": "QK-norm",
  "feed forward": say("feed forward"),
  norms: say("norms"),
  "second table": say("second table"),
};

/** Parameters of each part, all layers together. */
export function counts(sizes, { norm, feed, places, shared, qk_norm, biases, tied }) {
  const { words, size, heads, layers, wide, longest } = sizes;
  const head = size / heads;
  const narrow = KEY_HEADS[shared] * head;
  const added = biases ? 1 : 0;
  const hidden = feed ? (wide * 2) / 3 : wide;
  const matrices = feed ? 3 : 2;
  return {
    "table of tokens": words * size,
    "table of places": places ? 0 : longest * size,
    "query and output": layers * 2 * (size * size + added * size),
    "key and value": layers * 2 * (size * narrow + added * narrow),
    "QK-norm": qk_norm ? layers * 2 * head : 0,
    "feed forward": layers * (matrices * size * hidden + added * ((matrices - 1) * hidden + size)),
    norms: (2 * layers + 1) * size * (norm ? 1 : 1 + added),
    "second table": tied ? 0 : words * size,
  };
}

/** Bytes of the keys and values of one token, all layers together, in 16 bits. */
export function cacheBytes({ size, heads, layers }, { shared }) {
  return layers * 2 * ((KEY_HEADS[shared] * size) / heads) * BYTES;
}

/** The models whose block has just these parts. */
export function whose(parts) {
  const same = ["norm", "feed", "places", "qk_norm", "biases"];
  return MODELS.filter(
    (model) =>
      same.every((name) => model[name] === parts[name]) && model.shared.includes(parts.shared),
  ).map(({ name }) => name);
}

/** The two lines of the block, as formulas. */
export function lines(parts) {
  const norm = NORMS[parts.norm];
  return [
    [say("start"), say(parts.places ? "x = table[token]" : "x = table[token] + places[place]")],
    [say("attention"), say("x + attention({norm}(x))", { norm }), headsOf(parts)],
    [
      say("feed forward"),
      say("x + feed forward({norm}(x))", { norm }),
      parts.feed ? "(silu(x·W) ⊙ x·V)·W₂" : "gelu(x·W₁)·W₂",
    ],
    [say("end"), say(parts.tied ? "{norm}(x) · tableᵀ" : "{norm}(x) · a second tableᵀ", { norm })],
  ];
}

function headsOf({ shared, places, qk_norm }) {
  const count = KEY_HEADS[shared];
  if (qk_norm) {
    return say(
      places
        ? "9 query heads, {count} for key and value; query and key: each head normed, then turned by place"
        : "9 query heads, {count} for key and value; query and key: each head normed",
      { count },
    );
  }
  return say(
    places
      ? "9 query heads, {count} for key and value; query and key: turned by place"
      : "9 query heads, {count} for key and value; query and key: as they are",
    { count },
  );
}

/** What the picture shows, in words. */
export function describe(sizes, parts) {
  const total = sum(Object.values(counts(sizes, parts)));
  const models = whose(parts);
  const chosen = [
    NORMS[parts.norm],
    FEEDS[parts.feed],
    PLACES[parts.places],
    say("{count} key heads", { count: KEY_HEADS[parts.shared] }),
    say(parts.qk_norm ? "QK-norm" : "no QK-norm"),
    say(parts.biases ? "biases" : "no biases"),
  ];
  const told = say("{parts}: {millions} million parameters, {bytes} bytes of cache per token.", {
    parts: chosen.join(", "),
    millions: digits(total / 1e6, 1),
    bytes: cacheBytes(sizes, parts).toLocaleString(say("en")),
  });
  if (models.length === 0) return told;
  return `${told} ${say("This is the block of {models}.", { models: models.join(", ") })}`;
}

function render({ model, el }) {
  const block = html("ol", { class: "parts-block", reversed: "" });
  const body = html("tbody", {});
  const headings = [say("part"), say("share as a bar"), say("millions")].map((name) =>
    html("th", { scope: "col" }, name),
  );
  const table = html(
    "table",
    { class: "parts-bars" },
    html("caption", {}, say("Parameters, in millions, of all 30 layers")),
    html("thead", { class: "attn-hidden" }, html("tr", {}, ...headings)),
    body,
  );
  const says = spoken("attn-says");
  el.append(html("div", { class: "attn parts" }, block, table, says));

  const show = () => {
    const sizes = model.get("sizes");
    const parts = partsOf(model);
    const found = counts(sizes, parts);
    const longest = Math.max(...Object.values(found));
    block.replaceChildren(...lines(parts).reverse().map(blockLine));
    body.replaceChildren(...Object.entries(found).map((entry) => row(entry, longest)));
    setText(says, describe(sizes, parts));
  };
  watch(model, ["norm", "feed", "places", "shared", "qk_norm", "biases", "tied"], show);
  show();
}

function partsOf(model) {
  const names = ["norm", "feed", "places", "shared", "qk_norm", "biases", "tied"];
  return Object.fromEntries(names.map((name) => [name, model.get(name)]));
}

function blockLine([name, formula, more]) {
  const repeats = more ? html("span", { class: "quiet" }, more) : "";
  return html(
    "li",
    { class: more ? "layer" : "end" },
    html("span", { class: "quiet" }, name),
    html("span", {}, formula),
    repeats,
  );
}

function row([name, count], longest) {
  const bar = html("span", { style: `width: ${(100 * count) / longest}%` });
  return html(
    "tr",
    { class: count ? "" : "none" },
    html("th", { scope: "row" }, COUNTED[name]),
    html("td", { class: "track" }, bar),
    html("td", { class: "digits" }, count ? digits(count / 1e6, 2) : "–"),
  );
}

export default { render };
