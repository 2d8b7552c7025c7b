// All heads of a model: a grid colored by a score, the first heads by it, and one head opened.

import { onAnotherTheme, paint, weightColor } from "./canvas_map.js";
import { isPlace } from "./checks.js";
import { digits, html, redraw, setText, spoken, update } from "./dom.js";
import { gridDrawing, mapDrawing, mapsDrawing } from "./drawings.js";
import { looks } from "./looks.js";
import { argmax } from "./math.js";
import { set, watch } from "./model.js";
import { roving } from "./roving.js";
import { say } from "./say.js";
import { wordMap } from "./word_map.js";

const FIRST = 6; // heads in the list
const LETTERS = 11; // of a piece

/** The stored weights in hundredths, layer after layer: `letters` has a letter for each hundredth. */
export function unpack(text, letters) {
  const hundredths = new Map([...letters].map((letter, i) => [letter, i]));
  return Uint8Array.from(text, (letter) => hundredths.get(letter));
}

/** How many weights a head of a layer has: all pairs, or those that a causal one may see. */
function sizeOf({ rows, columns, causal }, words) {
  const [queries, keys] = [words[rows].length, words[columns].length];
  return causal ? (queries * (queries + 1)) / 2 : queries * keys;
}

/** One head's weights as rows of numbers from 0 to 1, a row per query, all of one length. */
export function mapOf(hundredths, { words, layers }, layer, head) {
  const before = layers
    .slice(0, layer)
    .reduce((sum, one) => sum + one.heads * sizeOf(one, words), 0);
  const { rows, columns, causal } = layers[layer];
  const start = before + head * sizeOf(layers[layer], words);
  const keys = words[columns].length;
  return words[rows].map((_, query) => {
    const first = start + (causal ? (query * (query + 1)) / 2 : query * keys);
    return Array.from({ length: keys }, (_, key) =>
      causal && key > query ? 0 : hundredths[first + key] / 100,
    );
  });
}

/** The heads that have this score, the highest first or the lowest: { layer, head, value }. */
export function ranked(scores, lowest, count = FIRST) {
  return scores
    .flatMap((values, layer) => values.map((value, head) => ({ layer, head, value })))
    .filter(({ value }) => value !== null)
    .sort((a, b) => (lowest ? a.value - b.value : b.value - a.value))
    .slice(0, count);
}

/** What a full color stands for: 1, or the highest entropy. */
export function highest(scores) {
  return Math.max(1, ...scores.flat().filter((value) => value !== null));
}

/** A piece as it is shown: its spaces and line ends can be seen, and it is not long. */
export function visible(piece) {
  const shown = piece.replaceAll(" ", "␣").replaceAll("\n", "↵");
  return shown.length > LETTERS ? `${shown.slice(0, LETTERS - 1)}…` : shown;
}

/** What the picture shows, in words. */
export function describe({ name, head, value, score, query, key, weight }) {
  const scored = say(
    value === null
      ? "{name}, head {head}: has no {score} score."
      : "{name}, head {head}: {score} {value}.",
    { name, head, score, value: digits(value ?? 0) },
  );
  const looking = say("“{query}” looks most at “{key}”, with {weight}.", {
    query: visible(query),
    key: visible(key),
    weight: digits(weight),
  });
  return `${scored} ${looking}`;
}

function render({ model, el }) {
  const grid = headGrid((layer, head) => set(model, { layer, head }));
  const first = html("ol", { class: "explore-first" });
  const says = spoken("attn-says");
  const large = html("div", {});
  const long = longRow((row) => set(model, { row }));
  const columns = looks((row) => set(model, { row }));
  const save = buttons([
    [say("Save all heads as SVG"), () => saveAs("heads.svg", allDrawing(drawn(model, el)))],
    [say("Save this head as SVG"), () => saveAs("head.svg", mapDrawing(drawn(model, el)))],
  ]);
  const hint = html("p", { class: "attn-hint" }, say("First by this score"));
  const side = html("div", { class: "explore-side" }, hint, first, says, long.element, large);
  const parts = html("div", { class: "explore-parts" }, grid.element, side, columns.element);
  el.append(html("div", { class: "attn explore" }, parts, save.element));

  const show = () => {
    const now = stateOf(model);
    grid.mark(now);
    list(first, now, (layer, head) => set(model, { layer, head }));
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

const unpacked = new Map(); // of each text, once

function unpackedOnce({ weights }, letters) {
  if (!unpacked.has(weights)) unpacked.set(weights, unpack(weights, letters));
  return unpacked.get(weights);
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

function saidOf({ name, layer, head, score, scores, from, to, row, map, long, heaviest }) {
  const weights = long ? heaviest.map(([, weight]) => weight) : map[row];
  const best = weights.length ? argmax(weights) : null;
  const place = best === null ? 0 : long ? heaviest[best][0] : best;
  return {
    name: layerName(name, layer),
    head,
    value: scores[layer][head],
    score,
    query: from[row],
    key: to[place],
    weight: best === null ? 0 : weights[best],
  };
}

/** "layer 3" of a plain stack; where there are several kinds, the layer's own name. */
export function layerName(name, layer) {
  return /(encoder|decoder|cross)/i.test(name) && !/^bert|^encoder\.layer\./.test(name)
    ? name.replaceAll("_", " ")
    : say("Layer {layer}", { layer });
}

const legend = (small, told) =>
  say(
    small
      ? "{count} heads, a row per layer; the map of each"
      : "{count} heads, a row per layer; full color is {score} {full}",
    told,
  );

/** A button per head, a row per layer: its color is its score, or its map is in it. */
function headGrid(choose) {
  const label = say("All heads");
  const rows = html("div", { class: "explore-grid", role: "group", "aria-label": label });
  const hint = html("p", { class: "attn-hint" });
  let [cells, across, shape, stop] = [[], 1, "", () => {}];
  const build = ({ layers }) => {
    across = Math.max(...layers.map(({ heads }) => heads));
    cells = layers.flatMap(({ heads }, layer) =>
      Array.from({ length: heads }, (_, head) => {
        const cell = html("button", { type: "button" }, html("canvas", {}));
        cell.addEventListener("click", () => choose(layer, head));
        return { cell, layer, head };
      }),
    );
    const named = layers.flatMap((_, layer) => [
      html("span", { class: "name", "aria-hidden": "true" }, `${layer}`),
      ...cells.filter((one) => one.layer === layer).map(({ cell }) => cell),
    ]);
    update(rows, { style: `--across: ${across}` });
    rows.replaceChildren(...named);
    stop = roving(
      cells.map(({ cell }) => cell),
      across,
      (i) => choose(cells[i].layer, cells[i].head),
    );
  };
  return {
    element: html("div", {}, hint, rows),
    draw({ text, hundredths, score, scores, small }) {
      const now = text.layers.map(({ name, heads }) => `${name} ${heads}`).join();
      if (now !== shape) build(text);
      shape = now;
      const full = highest(scores);
      setText(hint, legend(small, { count: cells.length, score, full: digits(full, 1) }));
      rows.classList.toggle("small", small);
      const color = weightColor(rows);
      for (const { cell, layer, head } of cells) {
        const name = layerName(text.layers[layer].name, layer);
        showScore(cell, { name, head, score, value: scores[layer][head], full });
        if (small) paint(cell.firstChild, mapOf(hundredths, text, layer, head), color);
      }
    },
    mark({ layer, head }) {
      cells.forEach((one, i) => {
        const now = one.layer === layer && one.head === head;
        update(one.cell, { "aria-pressed": now });
        if (now) stop(i);
      });
    },
  };
}

function showScore(cell, { name, head, score, value, full }) {
  const told = say(
    value === null ? "{name}, head {head}: {score} none" : "{name}, head {head}: {score} {value}",
    { name, head, score, value: digits(value ?? 0) },
  );
  update(cell, { "aria-label": told, title: told, style: `--share: ${(value ?? 0) / full}` });
  cell.classList.toggle("none", value === null);
}

function list(place, { text, scores, lowest, layer, head }, choose) {
  const focused = [...place.querySelectorAll("button")].indexOf(document.activeElement);
  const found = ranked(scores, lowest).map((one) => {
    const name = layerName(text.layers[one.layer].name, one.layer);
    const now = one.layer === layer && one.head === head;
    const button = html(
      "button",
      { type: "button", "aria-pressed": now },
      say("{name}, head {head}: {value}", { name, head: one.head, value: digits(one.value) }),
    );
    button.addEventListener("click", () => choose(one.layer, one.head));
    return button;
  });
  const none = html("li", {}, say("None: nothing in this text has this score."));
  place.replaceChildren(...(found.length ? found.map((one) => html("li", {}, one)) : [none]));
  found[focused]?.focus();
}

/** For a text too long for a map: the number of a query, and the keys that it weighs most. */
function longRow(choose) {
  const label = say("Query, by its place");
  const input = html("input", { type: "number", min: 0, "aria-label": label });
  input.addEventListener("change", () => {
    const row = Number(input.value);
    if (isPlace(row, Number(input.max) + 1)) choose(row);
  });
  const body = html("tbody", {});
  const caption = html("caption", {}, say("Where it looks most, in the order of the text"));
  const table = html("table", { class: "explore-row" }, caption, body);
  const element = html("div", {}, html("label", {}, say("query"), " ", input), table);
  return {
    element,
    show({ long, from, to, row, heaviest }) {
      element.hidden = !long;
      if (!long) return;
      update(input, { max: from.length - 1 });
      if (document.activeElement !== input) input.value = row;
      const lines = heaviest.map(([place, weight]) =>
        html(
          "tr",
          {},
          html("th", { scope: "row" }, `${place} ${visible(to[place])}`),
          html("td", { class: "track" }, html("span", { style: `width: ${100 * weight}%` })),
          html("td", { class: "digits" }, digits(weight, 3)),
        ),
      );
      body.replaceChildren(...lines);
    },
  };
}

function buttons(actions) {
  const made = actions.map(([text, act]) => {
    const button = html("button", { type: "button" }, text);
    button.addEventListener("click", act);
    return button;
  });
  return {
    element: html("div", { class: "attn-buttons" }, ...made),
    show(whole) {
      made[1].hidden = !whole;
    },
  };
}

/** What the drawings need: the state, its words as shown, and the page's colors now. */
function drawn(model, el) {
  const now = stateOf(model);
  const style = getComputedStyle(el.firstChild);
  const color = (name) => style.getPropertyValue(`--attn-${name}`).trim();
  const names = ["ink", "muted", "line", "card", "weight", "query", "key"];
  return {
    ...now,
    title: say("{text}: {layer}, head {head}", {
      text: now.text.name,
      layer: layerName(now.name, now.layer),
      head: now.head,
    }),
    gridTitle: say("{text}: {score}", { text: now.text.name, score: now.score }),
    mapsTitle: say("{text}: the map of each head", { text: now.text.name }),
    full: highest(now.scores),
    from: now.from.map(visible),
    to: now.to.map(visible),
    colors: Object.fromEntries(names.map((name) => [name, color(name)])),
  };
}

/** The grid as it is shown: its scores, or the map of each head. */
function allDrawing(now) {
  if (!now.small) return gridDrawing(now);
  const maps = now.text.layers.map(({ heads }, layer) =>
    Array.from({ length: heads }, (_, head) => mapOf(now.hundredths, now.text, layer, head)),
  );
  return mapsDrawing({ ...now, maps });
}

function saveAs(name, drawing) {
  const address = URL.createObjectURL(new Blob([drawing], { type: "image/svg+xml" }));
  html("a", { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 1000);
}

/** What an address may set. */
const shared = {
  layer: (value, model) => isPlace(value, stateOf(model).text.layers.length),
  head: (value, model) => isPlace(value, stateOf(model).text.layers[stateOf(model).layer].heads),
  row: (value, model) => isPlace(value, stateOf(model).from.length),
};

export default { render, shared };
