// All heads of a model: a grid colored by a score, the first heads by it, and one head opened.

import { onAnotherTheme } from "./canvas_map.js";
import { isPlace } from "./checks.js";
import { button, html, redraw, setText, spoken } from "./dom.js";
import { saveAll, saveOne } from "./head_files.js";
import { headGrid, listFirst } from "./head_grid.js";
import { mapOf, unpackedOnce } from "./head_maps.js";
import { longRow } from "./head_row.js";
import { describe, saidOf, visible } from "./head_words.js";
import { looks } from "./looks.js";
import { set, watch } from "./model.js";
import { say } from "./say.js";
import { wordMap } from "./word_map.js";

function render({ model, el }) {
  const grid = headGrid((layer, head) => set(model, { layer, head }));
  const first = html("ol", { class: "explore-first" });
  const says = spoken("attn-says");
  const large = html("div", {});
  const long = longRow((row) => set(model, { row }));
  const columns = looks((row) => set(model, { row }));
  const save = buttons([
    [say("Save all heads as SVG"), () => saveAll(stateOf(model), el.firstChild)],
    [say("Save this head as SVG"), () => saveOne(stateOf(model), el.firstChild)],
  ]);
  const hint = html("p", { class: "attn-hint" }, say("First by this score"));
  const side = html("div", { class: "explore-side" }, hint, first, says, long.element, large);
  const parts = html("div", { class: "explore-parts" }, grid.element, side, columns.element);
  el.append(html("div", { class: "attn explore" }, parts, save.element));

  const show = () => {
    const now = stateOf(model);
    grid.mark(now);
    listFirst(first, now, (layer, head) => set(model, { layer, head }));
    setText(says, describe(saidOf(now)));
    long.show(now);
    columns.element.hidden = large.hidden = now.long;
    save.show(!now.long);
    if (now.long) return;
    const [rows, keys] = [now.from.map(visible), now.to.map(visible)];
    columns.show({ rows, columns: keys, map: now.map, row: now.row });
    const label = say("Map of {name}, head {head}: a row per word that looks", {
      name: now.name,
      head: now.head,
    });
    redraw(large, wordMap({ rows, columns: keys, weights: now.map, now: now.row, label }));
  };
  const color = () => grid.draw(stateOf(model));
  watch(model, ["text", "score", "small"], color);
  watch(model, ["text", "score", "lowest", "layer", "head", "row", "heaviest"], show);
  color();
  show();
  requestAnimationFrame(color); // once the page's colors are known
  return onAnotherTheme(color); // a canvas keeps its colors
}

/** The text that is open, and which head and row of it: what another text lacks falls back. */
function stateOf(model) {
  const text = model.get("texts")[model.get("text")];
  const score = model.get("scores")[model.get("score")];
  const layer = Math.min(model.get("layer"), text.layers.length - 1);
  const { name, heads, rows, columns } = text.layers[layer];
  const head = Math.min(model.get("head"), heads - 1);
  const [from, to] = [text.words[rows], text.words[columns]];
  const row = Math.min(model.get("row"), from.length - 1);
  const scores = text.scores[model.get("score")];
  const hundredths = unpackedOnce(text, model.get("letters"));
  const long = hundredths.length === 0;
  const map = long ? null : mapOf(hundredths, text, layer, head);
  const heaviest = model.get("heaviest");
  const lowest = model.get("lowest");
  const small = model.get("small") && !long;
  return {
    text,
    hundredths,
    long,
    layer,
    name,
    head,
    from,
    to,
    row,
    map,
    score,
    scores,
    heaviest,
    lowest,
    small,
  };
}

function buttons(actions) {
  const made = actions.map(([text, act]) => button(text, act));
  return {
    element: html("div", { class: "attn-buttons" }, ...made),
    show(whole) {
      made[1].hidden = !whole;
    },
  };
}

/** What an address may set. */
const shared = {
  layer: (value, model) => isPlace(value, stateOf(model).text.layers.length),
  head: (value, model) => isPlace(value, stateOf(model).text.layers[stateOf(model).layer].heads),
  row: (value, model) => isPlace(value, stateOf(model).from.length),
};

export default { render, shared };
