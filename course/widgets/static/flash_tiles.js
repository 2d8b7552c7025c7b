// FlashAttention by hand-sized numbers: a tile of scores at a time, and what is kept of the others.

import { digits, html, setText, spoken, svg, update } from "./dom.js";
import { watch } from "./model.js";
import { say } from "./say.js";

/** The tiles in the order they are visited: a block of queries after another, left to right. Of a
    causal mask those above the diagonal are skipped. */
export function tiles(length, size, causal) {
  const blocks = Array.from({ length: length / size }, (_, i) => i);
  return blocks.flatMap((row) =>
    blocks.filter((column) => !causal || column <= row).map((column) => ({ row, column })),
  );
}

/** What is kept after every tile, first of all after none: per query the largest score, the sum of
    the weights by it, and the weighted sum of the values by it. */
export function walk(scores, values, size, causal) {
  const nothing = scores.map(() => ({ largest: -Infinity, sum: 0, output: 0 }));
  const states = [{ tile: null, kept: nothing }];
  for (const tile of tiles(scores.length, size, causal)) {
    const before = states[states.length - 1].kept;
    const kept = before.map((state, query) =>
      Math.floor(query / size) === tile.row
        ? met(state, scores[query], values, tile.column * size, size, causal ? query : Infinity)
        : state,
    );
    states.push({ tile, kept });
  }
  return states;
}

function met(state, scores, values, first, size, last) {
  const keys = Array.from({ length: size }, (_, i) => first + i).filter((key) => key <= last);
  const largest = Math.max(state.largest, ...keys.map((key) => scores[key]));
  const fading = Math.exp(state.largest - largest);
  const weights = keys.map((key) => Math.exp(scores[key] - largest));
  return {
    largest,
    sum: state.sum * fading + weights.reduce((total, weight) => total + weight, 0),
    output: state.output * fading + weights.reduce((total, w, i) => total + w * values[keys[i]], 0),
  };
}

/** Each step as it is shown: a slider further than the last tile stands at the last. */
export function stateAt(states, step) {
  return states[Math.min(step, states.length - 1)];
}

/** What the picture shows, in words. */
export function describe(states, step, size, length) {
  const count = states.length - 1;
  const at = Math.min(step, count);
  if (at === 0) {
    return say("No tile yet of {count}. Move the slider: each step is one tile of scores.", {
      count,
    });
  }
  const { tile, kept } = states[at];
  const first = tile.row * size;
  const { largest, sum, output } = kept[first];
  const met = say("Tile {at} of {count}: queries {queries} meet keys {keys}.", {
    at,
    count,
    queries: span(first, size),
    keys: span(tile.column * size, size),
  });
  const there = say("{now} scores are there at once, not {all}.", {
    now: size * size,
    all: length * length,
  });
  const left = say(
    "Of query {query} is kept: largest {largest}, sum {sum}, weighted sum {weighted}; divided, {output}.",
    {
      query: first,
      largest: digits(largest, 0),
      sum: digits(sum),
      weighted: digits(output),
      output: digits(output / sum),
    },
  );
  return `${met} ${there} ${left}`;
}

const span = (first, size) =>
  size === 1 ? `${first}` : say("{first} to {last}", { first, last: first + size - 1 });

const CELL = 30;
const LEFT = 34;
const TOP = 34;

function render({ model, el }) {
  const [scores, values] = [model.get("scores"), model.get("values")];
  const grid = scoreGrid(scores);
  const table = keptTable(scores.length);
  const sentence = spoken("attn-says");
  el.append(
    html(
      "div",
      { class: "attn tiles" },
      html("div", { class: "tiles-both" }, grid.element, table.element),
      sentence,
    ),
  );
  const show = () => {
    const [size, causal] = [model.get("sizes")[model.get("size")], model.get("causal")];
    const states = walk(scores, values, size, causal);
    const at = Math.min(model.get("step"), states.length - 1);
    grid.show(states, at, size, causal);
    table.show(stateAt(states, at), size);
    setText(sentence, describe(states, at, size, scores.length));
  };
  watch(model, ["step", "size", "causal"], show);
  show();
}

/** All scores there are; numbers stand only in the tile that is in memory now. */
function scoreGrid(scores) {
  const cells = scores.map((row, query) => row.map((_, key) => scoreCell(query, key)));
  const end = scores.length * CELL;
  const element = svg(
    "svg",
    {
      viewBox: `0 0 ${LEFT + end} ${TOP + end}`,
      role: "img",
      "aria-label": say("Scores, a row per query"),
    },
    svg("text", { class: "quiet", x: LEFT, y: 14 }, say("keys →   queries ↓")),
    ...scores.flatMap((_, place) => placeNames(place)),
    ...cells.flat().flatMap(({ box, number }) => [box, number]),
  );
  return {
    element,
    show(states, at, size, causal) {
      const seen = new Set(states.slice(1, at).map(({ tile }) => `${tile.row},${tile.column}`));
      const { tile } = states[at];
      const kindOf = (query, key) => {
        if (causal && key > query) return "hidden";
        const [row, column] = [Math.floor(query / size), Math.floor(key / size)];
        if (tile !== null && tile.row === row && tile.column === column) return "now";
        return seen.has(`${row},${column}`) ? "gone" : "new";
      };
      cells.forEach((row, query) => {
        row.forEach(({ box, number }, key) => {
          const kind = kindOf(query, key);
          update(box, { class: kind });
          setText(number, kind === "now" ? digits(scores[query][key], 0) : "");
        });
      });
    },
  };
}

function scoreCell(query, key) {
  const [x, y] = [LEFT + key * CELL, TOP + query * CELL];
  return {
    box: svg("rect", { x, y, width: CELL - 2, height: CELL - 2, rx: 2 }),
    number: svg("text", { x: x + CELL / 2 - 1, y: y + 19, "text-anchor": "middle" }),
  };
}

function placeNames(place) {
  const at = place * CELL;
  const above = { x: LEFT + at + CELL / 2 - 1, y: TOP - 6, "text-anchor": "middle" };
  const beside = { x: LEFT - 8, y: TOP + at + 19, "text-anchor": "end" };
  return [
    svg("text", { class: "key", ...above }, `${place}`),
    svg("text", { class: "query", ...beside }, `${place}`),
  ];
}

/** The three numbers kept of every query, and their quotient. */
function keptTable(length) {
  const rows = Array.from({ length }, (_, query) => {
    const cells = Array.from({ length: 4 }, () => html("td", {}));
    return { cells, element: html("tr", {}, html("th", { scope: "row" }, `${query}`), ...cells) };
  });
  const names = [say("query"), say("largest"), say("sum"), say("weighted sum"), say("output")];
  const head = html("tr", {}, ...names.map((name) => html("th", { scope: "col" }, name)));
  return {
    element: html(
      "table",
      { class: "tiles-kept" },
      html("caption", {}, say("kept of each query")),
      html("thead", {}, head),
      html("tbody", {}, ...rows.map((row) => row.element)),
    ),
    show({ tile, kept }, size) {
      rows.forEach(({ cells, element }, query) => {
        const { largest, sum, output } = kept[query];
        const told =
          sum === 0
            ? ["", "", "", ""]
            : [digits(largest, 0), ...[sum, output, output / sum].map((x) => digits(x))];
        cells.forEach((cell, i) => {
          setText(cell, told[i]);
        });
        element.className = tile !== null && Math.floor(query / size) === tile.row ? "now" : "";
      });
    },
  };
}

export default { render };
