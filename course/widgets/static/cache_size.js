// The size of a cache: GiB of keys and values for one text, in four ways of sharing them.

import { html, setText, spoken } from "./dom.js";
import { watch } from "./model.js";
import { say } from "./say.js";

const GIB = 2 ** 30;
const CARD = 80; // GiB of memory on a large graphics card

/** GiB by way: numbers per token and layer, times layers, tokens and bytes. */
export function sizes({ layers, heads, key_heads, tokens }, { size, latent, bytes }) {
  const kept = {
    MHA: 2 * heads * size,
    GQA: 2 * Math.min(key_heads, heads) * size,
    MQA: 2 * size,
    MLA: latent,
  };
  return Object.fromEntries(
    Object.entries(kept).map(([way, numbers]) => [way, (numbers * layers * tokens * bytes) / GIB]),
  );
}

/** GiB, or MiB where that is less than one. */
export function readable(gib) {
  const number = gib < 1 ? gib * 1024 : gib;
  return say(gib < 1 ? "{number} MiB" : "{number} GiB", {
    number: number.toLocaleString(say("en"), { maximumSignificantDigits: 3 }),
  });
}

/** What the picture shows, in words. */
export function describe({ layers, heads, key_heads, tokens }, found) {
  const texts = Math.floor(CARD / found.GQA);
  const whole = say(
    found.MHA > CARD
      ? "One text of {tokens} tokens, {layers} layers, {heads} query heads: with a key head for each, {size}, which does not fit into {card} GiB."
      : "One text of {tokens} tokens, {layers} layers, {heads} query heads: with a key head for each, {size}, which fits into {card} GiB.",
    {
      tokens: tokens.toLocaleString(say("en")),
      layers,
      heads,
      size: readable(found.MHA),
      card: CARD,
    },
  );
  const few = Math.min(key_heads, heads);
  const shared = say(
    few === 1 ? "With 1 key head it is {size}." : "With {heads} key heads it is {size}.",
    { heads: few, size: readable(found.GQA) },
  );
  const held = say(
    texts === 1 ? "The card would hold one such text." : "The card would hold {texts} such texts.",
    { texts: texts.toLocaleString(say("en")) },
  );
  return [whole, shared, ...(texts >= 1 ? [held] : [])].join(" ");
}

function render({ model, el }) {
  const rows = ["MHA", "GQA", "MQA", "MLA"].map(bar);
  const says = spoken("attn-says");
  const table = html(
    "table",
    { class: "cache-bars" },
    html("caption", {}, say("Keys and values of one text, 16 bits per number")),
    html("tbody", {}, ...rows.map(({ element }) => element)),
  );
  el.append(html("div", { class: "attn cache" }, table, says));
  const show = () => {
    const options = model.get("options");
    const state = Object.fromEntries(
      Object.entries(options).map(([name, values]) => [name, values[model.get(name)]]),
    );
    const found = sizes(state, model.get("constants"));
    for (const row of rows) row.show(found);
    setText(says, describe(state, found));
  };
  watch(model, ["layers", "heads", "key_heads", "tokens"], show);
  show();
}

function bar(way) {
  const line = html("span", { class: "bar" });
  const number = html("td", { class: "digits" });
  const track = html("td", { class: "track" }, line);
  return {
    element: html("tr", {}, html("th", { scope: "row" }, way), track, number),
    show(found) {
      const widest = Math.max(...Object.values(found));
      line.style.width = `${(100 * found[way]) / widest}%`;
      setText(number, readable(found[way]));
    },
  };
}

export default { render };
