// The block, step by step: one word's vectors in one layer, as recorded from the trained translator.

import { isPlace } from "./checks.js";
import { digits, html, redraw, setText, spoken, svg } from "./dom.js";
import { set, watch } from "./model.js";
import { say } from "./say.js";

/** The numbers of one word's vector, from signed bytes and their scale. */
export function numbers({ codes, scales }, word) {
  const bytes = atob(codes[word]);
  return Array.from(bytes, (byte) => {
    const code = byte.charCodeAt(0);
    return (code < 128 ? code : code - 256) * scales[word];
  });
}

/** The steps up to `step`, the newest first: each with this word's vectors, norms and weights. */
export function frame(place, word, step) {
  return place.steps
    .slice(0, step)
    .reverse()
    .map((one, i) => ({
      number: step - i,
      title: one.title,
      says: one.says,
      rail: one.rail,
      columns: one.columns,
      weights: one.weights.length ? one.weights[word] : [],
      strips: one.strips.map((strip) => ({
        name: strip.name,
        role: strip.role,
        norm: strip.norms[word],
        numbers: numbers(strip, word),
      })),
    }));
}

/** What the picture shows, in words. */
export function describe(place, word, steps) {
  const now = steps[0];
  const lengths = now.strips.map(({ name, norm }) =>
    say("{name} has length {length}", { name, length: digits(norm, 1) }),
  );
  const best = now.weights.map((row, head) => {
    const most = Math.max(...row.map((weight) => weight ?? 0));
    return say("head {head} looks most at “{word}”", {
      head,
      word: now.columns[row.indexOf(most)],
    });
  });
  const seen = [...lengths, ...best].join(say(", "));
  const where = say("Step {number} of {count}, {title}, for “{word}”.", {
    number: now.number,
    count: place.steps.length,
    title: now.title,
    word: place.words[word],
  });
  return `${where} ${seen[0].toUpperCase()}${seen.slice(1)}.`;
}

const TALLEST = 4; // a number of ±4 fills its half of a strip; longer bars are cut there

function render({ model, el }) {
  const words = html("div", { class: "block-words", role: "group", "aria-label": say("Word") });
  const list = html("ol", { class: "block-steps", reversed: "" });
  const hint = html(
    "p",
    { class: "attn-hint" },
    say(
      "A bar is one number of the vector, up or down from 0; bars end at ±4. The number at the right is the vector’s length. The line at the left is the copy of x.",
    ),
  );
  const sentence = spoken("attn-hidden");
  el.append(html("div", { class: "attn block" }, words, list, hint, sentence));

  let all = []; // every step, drawn or not
  const draw = () => {
    const place = model.get("places")[model.get("place")];
    const word = Math.min(model.get("word"), place.words.length - 1);
    all = frame(place, word, place.steps.length);
    showWords(place, word);
    redraw(list, ...all.map(stepRow));
    show();
  };

  const show = () => {
    const place = model.get("places")[model.get("place")];
    const word = Math.min(model.get("word"), place.words.length - 1);
    const step = Math.min(model.get("step"), place.steps.length);
    for (const [i, row] of [...list.children].entries()) stand(row, all[i].number, step);
    setText(sentence, describe(place, word, all.slice(-step)));
  };

  const showWords = (place, word) =>
    redraw(
      words,
      ...place.words.map((name, i) => {
        const button = html("button", { type: "button", "aria-pressed": i === word }, name);
        button.addEventListener("click", () => {
          set(model, { word: i });
          words.querySelectorAll("button")[i].focus();
        });
        return button;
      }),
    );

  watch(model, ["place"], () => {
    const { steps, words: names } = model.get("places")[model.get("place")];
    set(model, {
      steps: steps.length,
      step: Math.min(model.get("step"), steps.length),
      word: Math.min(model.get("word"), names.length - 1),
    });
    draw();
  });
  watch(model, ["word"], draw);
  watch(model, ["step"], show);
  draw();
}

/** A step's row shows once the reader has come so far, and says more while it is the newest. */
function stand(row, number, step) {
  row.className = number === step ? "now" : "past";
  row.hidden = number > step;
  row.querySelector(".block-says").hidden = number !== step;
}

function stepRow({ number, title, says, rail, strips, weights, columns }) {
  const heading = html(
    "p",
    { class: "block-title" },
    html("span", { class: "number" }, `${number}`),
    title,
  );
  const parts = strips.map(stripRow);
  if (weights.length) parts.push(weightTable(weights, columns));
  const words = html("p", { class: "block-says" }, says);
  return html("li", { "data-rail": rail }, heading, words, ...parts);
}

function stripRow({ name, role, norm, numbers: vector }) {
  const bars = vector.map((number, i) => {
    const height = Math.max(-TALLEST, Math.min(TALLEST, number));
    return `M${i + 0.5} 0V${(-height).toFixed(2)}`;
  });
  const picture = svg(
    "svg",
    {
      viewBox: `0 ${-TALLEST} ${vector.length} ${2 * TALLEST}`,
      preserveAspectRatio: "none",
      role: "img",
      "aria-label": say("{name}: {count} numbers, length {length}", {
        name,
        count: vector.length,
        length: digits(norm, 1),
      }),
    },
    svg("line", { x1: 0, x2: vector.length, y1: 0, y2: 0 }),
    svg("path", { d: bars.join("") }),
  );
  return html(
    "div",
    { class: `block-strip ${role}` },
    html("span", { class: "name" }, name),
    picture,
    html("span", { class: "digits" }, digits(norm, 1)),
  );
}

function weightTable(weights, columns) {
  const cells = (row) =>
    row.map((weight) =>
      html(
        "td",
        weight === null ? { class: "unseen" } : { style: `--weight: ${weight}` },
        weight === null ? "–" : digits(weight),
      ),
    );
  return html(
    "table",
    { class: "block-weights" },
    html(
      "caption",
      { class: "attn-hidden" },
      say("Weights of each head; – where a mask forbids to look"),
    ),
    html(
      "thead",
      {},
      html(
        "tr",
        {},
        html("th", { scope: "col", class: "head" }, say("head")),
        ...columns.map((word) => html("th", { scope: "col" }, word)),
      ),
    ),
    html(
      "tbody",
      {},
      ...weights.map((row, head) =>
        html("tr", {}, html("th", { scope: "row" }, `${head}`), ...cells(row)),
      ),
    ),
  );
}

/** What an address may set. */
const shared = {
  word: (value, model) => isPlace(value, model.get("places")[model.get("place")].words.length),
};

export default { render, shared };
