// All heads as a grid of buttons, a row per layer, and the first of them by their score as a list.

import { paint, weightColor } from "./canvas_map.js";
import { digits, html, setText, update } from "./dom.js";
import { mapOf } from "./head_maps.js";
import { layerName } from "./head_words.js";
import { roving } from "./roving.js";
import { say } from "./say.js";

const FIRST = 6; // heads in the list

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

const legend = (small, told) =>
  say(
    small
      ? "{count} heads, a row per layer; the map of each"
      : "{count} heads, a row per layer; full color is {score} {full}",
    told,
  );

/** A button per head, a row per layer: its color is its score, or its map is in it. */
export function headGrid(choose) {
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

/** The first heads by this score as buttons, put into `place`. */
export function listFirst(place, { text, scores, lowest, layer, head }, choose) {
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
