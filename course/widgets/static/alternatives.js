// Softmax and its alternatives side by side: the same scores, five ways to make weights of them.

import { digits, html, setText, spoken } from "./dom.js";
import { dot, entmax15, hard, sigmoid, softmax, sparsemax, sum } from "./math.js";
import { watch } from "./model.js";
import { say } from "./say.js";

const WAYS = [
  { name: "softmax", weigh: (scores) => softmax(scores) },
  { name: say("1.5-entmax"), weigh: entmax15 },
  { name: "sparsemax", weigh: sparsemax },
  { name: say("hard"), weigh: hard },
  { name: say("sigmoid"), weigh: sigmoid },
];

/** What every way makes of q·k (/ √D) / temperature, from the first `size` numbers of each vector. */
export function alternatives({ query, keys, size, temperature, scaled }) {
  const divisor = temperature * (scaled ? Math.sqrt(size) : 1);
  const start = query.slice(0, size);
  const scores = keys.map((key) => dot(start, key) / divisor);
  const ways = WAYS.map(({ name, weigh }) => {
    const weights = weigh(scores);
    const zeros = weights.filter((weight) => weight === 0).length;
    return { name, weights, sum: sum(weights), zeros };
  });
  return { scores, ways };
}

export function describe({ ways }) {
  const told = ways.map(({ name, sum: total, zeros }) =>
    say(zeros === 0 ? "{name}: sum {sum}, no zeros" : "{name}: sum {sum}, {zeros} exactly zero", {
      name,
      sum: digits(total),
      zeros,
    }),
  );
  return `${told.reduce((before, one) => say("{before}; {one}", { before, one }))}.`;
}

function render({ model, el }) {
  const keys = model.get("key");
  const scores = block(say("scores"), keys.length, "score");
  const blocks = WAYS.map(({ name }) => block(name, keys.length, "weight"));
  const sentence = spoken("attn-hidden");
  el.append(
    html(
      "div",
      { class: "attn alternatives" },
      html(
        "div",
        { class: "alternatives-grid" },
        ...[scores, ...blocks].map(({ element }) => element),
      ),
      sentence,
    ),
  );

  const show = () => {
    const seen = alternatives({
      query: model.get("query"),
      keys,
      size: 2 ** model.get("doublings"),
      temperature: model.get("temperature"),
      scaled: model.get("scaled"),
    });
    scores.show(seen.scores, say("divided by the temperature"));
    seen.ways.forEach(({ weights, sum: total, zeros }, i) => {
      const note = say("sum {sum} · zeros {zeros}", { sum: digits(total), zeros });
      blocks[i].show(weights, note);
    });
    setText(sentence, describe(seen));
  };
  watch(model, ["doublings", "temperature", "scaled"], show);
  show();
}

const LONGEST = 6; // a score of ±6 fills its half of the track
const SHORTEST = 0.004; // of a weight's track, still to be seen

function block(name, count, kind) {
  const rows = Array.from({ length: count }, (_, i) => {
    const bar = html("span", { class: "bar" });
    const number = html("td", { class: "digits" });
    const row = html(
      "tr",
      {},
      html("th", { scope: "row" }, `k${"₁₂₃₄₅₆₇₈₉"[i]}`),
      html("td", { class: `track ${kind}` }, bar),
      number,
    );
    return { row, bar, number };
  });
  const note = html("p", { class: "alternatives-note" });
  const table = html(
    "table",
    {},
    html("caption", {}, name),
    html("tbody", {}, ...rows.map(({ row }) => row)),
  );
  return {
    element: html("div", { class: "alternatives-block" }, table, note),
    show(numbers, words) {
      setText(note, words);
      rows.forEach(({ row, bar, number }, i) => {
        const share = kind === "weight" ? Math.max(numbers[i], SHORTEST) : numbers[i] / LONGEST;
        bar.style.transform = `scaleX(${Math.max(-1, Math.min(share, 1))})`;
        setText(number, digits(numbers[i]));
        row.classList.toggle("zero", kind === "weight" && numbers[i] === 0);
      });
    },
  };
}

export default { render };
