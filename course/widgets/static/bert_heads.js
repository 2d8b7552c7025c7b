// BERT's heads: a pretrained model's 72 maps of a sentence, one of them large, one word's arcs.

import { digits, html, svg, update } from "./dom.js";

export const LAYERS = 6;
export const HEADS = 12;

/** The stored weights: a byte each, 255 for 1, in the order layer, head, query, key. */
export function unpack(text) {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}

/** One head's weights as rows of numbers from 0 to 1: a row a query. */
export function mapOf(bytes, length, layer, head) {
  const start = (layer * HEADS + head) * length * length;
  return Array.from({ length }, (_, query) =>
    Array.from({ length }, (_, key) => bytes[start + query * length + key] / 255),
  );
}

/** How much the words between [CLS] and [SEP] put, on average, on the word before, the one after
    and [CLS]. Only words count as before and after. */
export function habits(map) {
  const last = map.length - 2;
  const words = Array.from({ length: last }, (_, i) => i + 1);
  const mean = (numbers) => numbers.reduce((sum, number) => sum + number, 0) / numbers.length;
  return {
    before: mean(words.slice(1).map((i) => map[i][i - 1])),
    after: mean(words.slice(0, -1).map((i) => map[i][i + 1])),
    cls: mean(words.map((i) => map[i][0])),
  };
}

/** What the picture shows, in words. */
export function describe({ layer, head, words, word, map }) {
  const best = map[word].indexOf(Math.max(...map[word]));
  const { before, after, cls } = habits(map);
  return (
    `Layer ${layer}, head ${head}: “${words[word]}” looks most at “${words[best]}”, with ` +
    `${digits(map[word][best])}. Over all words this head puts ${digits(before)} on the word ` +
    `before, ${digits(after)} on the word after, ${digits(cls)} on [CLS].`
  );
}

/** Where an arrow key leads on the grid of heads: [layer, head], or null for another key. */
export function neighbor(key, layer, head) {
  const [down, right] = {
    ArrowUp: [-1, 0],
    ArrowDown: [1, 0],
    ArrowLeft: [0, -1],
    ArrowRight: [0, 1],
  }[key] ?? [0, 0];
  const [y, x] = [layer + down, head + right];
  if ((down === 0 && right === 0) || y < 0 || y >= LAYERS || x < 0 || x >= HEADS) return null;
  return [y, x];
}

const ROW = 28; // px, the height of a word's row

function render({ model, el }) {
  const grid = headGrid((layer, head) => choose({ layer, head }));
  const from = html("ol", { class: "bert-words bert-from", "aria-label": "Words that look" });
  const to = html("ol", { class: "bert-words bert-to", "aria-label": "Words looked at" });
  const arcs = svg("svg", {
    class: "bert-arcs",
    preserveAspectRatio: "none",
    "aria-hidden": "true",
  });
  const large = html("div", { class: "bert-map" });
  const sentence = html("p", { class: "bert-sentence", role: "status" });
  el.append(
    html(
      "div",
      { class: "attn bert" },
      grid.element,
      sentence,
      html(
        "div",
        { class: "bert-columns" },
        html("div", { class: "bert-lists" }, from, arcs, to),
        large,
      ),
    ),
  );

  const choose = (chosen) => {
    for (const [trait, value] of Object.entries(chosen)) model.set(trait, value);
    model.save_changes();
  };
  const state = () => {
    const words = model.get("sentences")[model.get("sentence")];
    const [layer, head] = [model.get("layer"), model.get("head")];
    const bytes = unpack(model.get("weights")[model.get("sentence")]);
    const map = mapOf(bytes, words.length, layer, head);
    return { words, layer, head, bytes, map, word: Math.min(model.get("word"), words.length - 1) };
  };
  const show = () => {
    const now = state();
    grid.mark(now.layer, now.head);
    sentence.textContent = describe(now);
    showWords(now);
    showArcs(now);
    large.replaceChildren(largeMap(now));
  };
  const showAll = () => {
    grid.draw(state());
    show();
  };

  const showWords = ({ words, word, map }) => {
    const focused = from.contains(document.activeElement);
    from.replaceChildren(
      ...words.map((text, i) => {
        const button = html("button", { type: "button", "aria-pressed": i === word }, text);
        button.addEventListener("click", () => choose({ word: i }));
        return html("li", {}, button);
      }),
    );
    to.replaceChildren(
      ...words.map((text, j) =>
        html(
          "li",
          {},
          html("span", { style: `--weight: ${map[word][j].toFixed(3)}` }, text),
          html("span", { class: "digits" }, digits(map[word][j])),
        ),
      ),
    );
    if (focused) from.querySelectorAll("button")[word].focus();
  };
  from.addEventListener("keydown", (event) => {
    const { word, words } = state();
    const next = word + ({ ArrowUp: -1, ArrowDown: 1 }[event.key] ?? 0);
    if (next === word || next < 0 || next >= words.length) return;
    event.preventDefault();
    choose({ word: next });
  });

  const showArcs = ({ words, word, map }) => {
    const height = words.length * ROW;
    update(arcs, { viewBox: `0 0 100 ${height}`, style: `height: ${height}px` });
    const lines = map
      .flatMap((row, i) => row.map((weight, j) => ({ weight, i, j, now: i === word })))
      .filter(({ weight, now }) => weight > (now ? 0.02 : 0.1))
      .sort((a, b) => a.now - b.now);
    arcs.replaceChildren(...lines.map(arc));
  };

  for (const trait of ["layer", "head", "word"]) model.on(`change:${trait}`, show);
  model.on("change:sentence", showAll);
  const repaint = new MutationObserver(() => grid.draw(state())); // a canvas keeps its colors
  for (const page of [document.documentElement, document.body]) {
    repaint.observe(page, { attributeFilter: ["data-theme", "data-jp-theme-light"] });
  }
  show();
  requestAnimationFrame(() => grid.draw(state())); // once the page's colors are known
  return () => repaint.disconnect();
}

const arc = ({ weight, i, j, now }) => {
  const [start, end] = [(i + 0.5) * ROW, (j + 0.5) * ROW];
  return svg("path", {
    class: now ? "now" : "other",
    d: `M0 ${start} C50 ${start} 50 ${end} 100 ${end}`,
    "stroke-width": (1 + 7 * weight).toFixed(1),
    opacity: (now ? 0.3 + 0.7 * weight : 0.16 * weight).toFixed(2),
  });
};

/** 6 × 12 buttons, each with its head's map: click, or move with the arrow keys. */
function headGrid(choose) {
  const buttons = Array.from({ length: LAYERS * HEADS }, (_, i) => {
    const [layer, head] = [Math.floor(i / HEADS), i % HEADS];
    const button = html(
      "button",
      {
        type: "button",
        "aria-label": `layer ${layer}, head ${head}`,
        title: `layer ${layer}, head ${head}`,
      },
      html("canvas", {}),
    );
    button.addEventListener("click", () => choose(layer, head));
    button.addEventListener("keydown", (event) => {
      const next = neighbor(event.key, layer, head);
      if (next === null) return;
      event.preventDefault();
      choose(...next);
      buttons[next[0] * HEADS + next[1]].focus();
    });
    return button;
  });
  const rows = Array.from({ length: LAYERS }, (_, layer) => [
    html("span", { class: "name", "aria-hidden": "true" }, `${layer}`),
    ...buttons.slice(layer * HEADS, (layer + 1) * HEADS),
  ]).flat();
  const top = Array.from({ length: HEADS }, (_, head) =>
    html("span", { class: "name", "aria-hidden": "true" }, `${head}`),
  );
  const cells = html(
    "div",
    { class: "bert-grid", role: "group", "aria-label": "All heads; arrow keys move" },
    html("span", {}),
    ...top,
    ...rows,
  );
  return {
    element: html(
      "div",
      { class: "bert-heads" },
      html("p", { class: "bert-title" }, "All 72 heads: a row a layer, a column a head"),
      cells,
    ),
    draw: ({ words, bytes }) =>
      buttons.forEach((button, i) =>
        paint(button.firstChild, mapOf(bytes, words.length, Math.floor(i / HEADS), i % HEADS)),
      ),
    mark: (layer, head) =>
      buttons.forEach((button, i) => {
        const chosen = i === layer * HEADS + head;
        update(button, { "aria-pressed": chosen, tabindex: chosen ? 0 : -1 });
      }),
  };
}

function paint(canvas, map) {
  canvas.width = canvas.height = map.length;
  const pen = canvas.getContext("2d");
  pen.fillStyle = getComputedStyle(canvas).getPropertyValue("--attn-weight");
  map.forEach((row, i) =>
    row.forEach((weight, j) => {
      pen.globalAlpha = weight;
      pen.fillRect(j, i, 1, 1);
    }),
  );
}

function largeMap({ words, word, map, layer, head }) {
  const [cell, left, top] = [20, 70, 62];
  const size = cell * words.length;
  const columns = words.map((text, j) =>
    svg(
      "text",
      {
        class: "key",
        "text-anchor": "start",
        transform: `translate(${left + cell * (j + 0.6)} ${top - 6}) rotate(-55)`,
      },
      text,
    ),
  );
  const rows = words.flatMap((text, i) => [
    svg(
      "text",
      {
        class: i === word ? "query now" : "query",
        x: left - 8,
        y: top + cell * (i + 0.7),
        "text-anchor": "end",
      },
      text,
    ),
    ...map[i].map((weight, j) =>
      svg("rect", {
        x: left + cell * j,
        y: top + cell * i,
        width: cell - 2,
        height: cell - 2,
        rx: 3,
        style: `fill-opacity: ${weight.toFixed(3)}`,
      }),
    ),
  ]);
  const frame = svg("rect", {
    class: "frame",
    rx: 4,
    x: left - 2,
    y: top + cell * word - 2,
    width: size + 2,
    height: cell + 2,
  });
  const width = left + size + 34;
  return svg(
    "svg",
    {
      viewBox: `0 0 ${width} ${top + size + 4}`,
      style: `max-width: ${width}px`,
      role: "img",
      "aria-label":
        `Map of layer ${layer}, head ${head}: a row a word that looks, ` +
        "a column a word looked at",
    },
    ...columns,
    ...rows,
    frame,
  );
}

export default { render };
