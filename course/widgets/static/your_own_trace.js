// Where a number comes from: the formula in three steps, each with its numbers, the chosen one lit.

import { digits, html, redraw, setText } from "./dom.js";
import { sum } from "./math.js";
import { say } from "./say.js";
import { scored } from "./your_own_numbers.js";

const q = ["query", "q"];
const k = ["key", "k"];
const SCORE_FORMULAS = [
  () => [q, " · ", k],
  (size) => [q, " · ", k, ` / √${size}`],
  () => [q, " · ", k, " / (‖", q, "‖ ‖", k, "‖)"],
  () => ["−‖", q, " − ", k, "‖² / 2"],
  () => ["Σ tanh(", q, " + ", k, ")"],
];
const WEIGHT_FORMULAS = [
  (temperature) => {
    const divided = temperature === 1 ? "" : ` / ${shown(temperature)}`;
    return say("exp(score{divided}) / Σ exp(score{divided})", { divided });
  },
  () => say("max(score − τ, 0), τ such that all sum to 1"),
  (_, count) => say("1 / (1 + {count} · exp(−score)), each by itself", { count }),
  () => say("1 for the largest score, 0 for all others"),
];
const MASK_FORMULAS = [
  () => "",
  () => say(", over the keys up to the word itself"),
  (width) => say(", over the keys nearer than {width}", { width }),
  () => say(", without the hidden words"),
];
const NAMES = [
  (temperature) =>
    say(temperature === 1 ? "softmax" : "softmax at {temperature}", {
      temperature: shown(temperature),
    }),
  () => say("sparsemax"),
  () => say("sigmoid"),
  () => say("hard"),
];
const HUGE = 12; // from here on exponents are told less the largest, as the computer takes them

const shown = (number) => digits(number, 2);
const share = (number) => digits(number, 3);
const closed = (number, places = 1) =>
  number < 0 ? `(${digits(number, places)})` : digits(number, places);

/** What a score is the sum of, as parts of a line: text, or [kind, text] in the color of a kind. */
export function scoreNumbers({ score, query, key }) {
  const { terms, total, score: result } = scored(score, query, key);
  const pairs = query.flatMap((one, i) => {
    const [mine, its] = [
      ["query", closed(one)],
      ["key", closed(key[i])],
    ];
    const inner = [
      [mine, " · ", its],
      [mine, " · ", its],
      [mine, " · ", its],
      ["(", mine, " − ", its, ")²"],
      ["tanh(", mine, " + ", its, ")"],
    ][score];
    return i === 0 ? inner : [" + ", ...inner];
  });
  const long = (vector) => shown(Math.sqrt(sum(vector.map((x) => x * x))));
  const ends = [
    [],
    [`; ${shown(total)} / √${query.length} = ${shown(result)}`],
    [
      `; ${shown(total)} / (`,
      ["query", long(query)],
      " · ",
      ["key", long(key)],
      `) = ${shown(result)}`,
    ],
    [`; −${shown(total)} / 2 = ${shown(result)}`],
    [` = ${terms.map((term) => closed(term, 2)).join(" + ")}`],
  ];
  if (score === 4) return [...pairs, ...ends[4], ` = ${shown(result)}`];
  return [...pairs, ` = ${shown(total)}`, ...ends[score]];
}

/** How one weight came from the scores, in words and numbers. */
export function weightNumbers({ normalizer, temperature }, { scores, allowed, weights }, chosen) {
  if (!allowed[chosen]) return say("0: the mask hides this key");
  const kept = scores.filter((_, i) => allowed[i]);
  const result = share(weights[chosen]);
  const tell = [softmaxNumbers, sparsemaxNumbers, sigmoidNumbers, hardNumbers][normalizer];
  return tell({ kept, result, temperature, mine: scores[chosen], count: scores.length, weights });
}

function softmaxNumbers({ kept, result, temperature, mine }) {
  const highest = Math.max(...kept) / temperature;
  const shift = Math.abs(highest) > HUGE ? highest : 0;
  const power = (score) => Math.exp(score / temperature - shift);
  const divided = temperature === 1 ? "" : ` / ${shown(temperature)}`;
  const less = shift === 0 ? "" : ` − ${closed(shift, 2)}`;
  const all = kept.map((score) => share(power(score)));
  return (
    `exp(${shown(mine)}${divided}${less}) = ${share(power(mine))}; ` +
    `Σ = ${all.join(" + ")} = ${share(sum(kept.map(power)))}; ` +
    `${share(power(mine))} / ${share(sum(kept.map(power)))} = ${result}`
  );
}

function sparsemaxNumbers({ kept, result, mine, weights }) {
  const best = Math.max(...weights);
  const threshold = Math.max(...kept) - best;
  return say("max({score} − {threshold}, 0) = {weight}", {
    score: shown(mine),
    threshold: closed(threshold, 2),
    weight: result,
  });
}

function sigmoidNumbers({ result, mine, count }) {
  return `1 / (1 + ${count} · exp(−${closed(mine, 2)})) = ${result}`;
}

function hardNumbers({ kept, result, mine }) {
  return say("{score}; the largest is {largest}, so {weight}", {
    score: shown(mine),
    largest: shown(Math.max(...kept)),
    weight: result,
  });
}

/** The sum that one output number is, as parts of a line. */
export function outputNumbers(weights, values, place) {
  const terms = weights.flatMap((weight, i) => [
    ...(i === 0 ? [] : [" + "]),
    ["weight", share(weight)],
    " · ",
    ["value", closed(values[i][place])],
  ]);
  const total = sum(weights.map((weight, i) => weight * values[i][place]));
  return [...terms, ` = ${shown(total)}`];
}

const placed = (part) =>
  typeof part === "string" ? part : html("span", { class: part[0] }, part[1]);

/** The whole equation in a line, of which `show(now)` lights the part of the chosen number. */
function equation() {
  const score = html("span");
  const before = html("span");
  const weight = html("span", {}, before, "(", score, ")");
  const output = html("span", {}, "Σ ", weight, " · ", html("span", { class: "value" }, "v"));
  return {
    element: html("p", { class: "own-equation" }, `${say("output")} = `, output),
    show({ how, part, vectors }) {
      setText(before, NAMES[how.normalizer](how.temperature));
      redraw(score, ...SCORE_FORMULAS[how.score](vectors[0][0].length).map(placed));
      [score, weight, output].forEach((one, i) => {
        one.classList.toggle("lit", i === part);
      });
    },
  };
}

/** The equation, and its three steps one above the other. */
export function traceSteps() {
  const line = equation();
  const steps = Array.from({ length: 3 }, () => {
    const formula = html("span", { class: "own-formula" });
    const title = html("p", { class: "own-name" });
    const numbers = html("p", { class: "own-numbers" });
    return { title, formula, numbers, element: html("li", {}, title, formula, numbers) };
  });
  return {
    element: html(
      "div",
      {},
      line.element,
      html(
        "ol",
        { class: "own-steps", "aria-label": say("Where the chosen number comes from") },
        ...steps.map(({ element }) => element),
      ),
    ),
    show(now) {
      line.show(now);
      const told = toldBy(now);
      steps.forEach((step, i) => {
        const lit = now.part === i;
        step.element.classList.toggle("lit", lit);
        if (lit) step.element.setAttribute("aria-current", "step");
        else step.element.removeAttribute("aria-current");
        setText(step.title, told[i].title);
        redraw(step.formula, ...told[i].formula.map(placed));
        redraw(step.numbers, ...told[i].numbers.map(placed));
      });
    },
  };
}

const valueName = (place) => say("value {number}", { number: place + 1 });

function toldBy({ how, row, vectors, names, word, key, place }) {
  const [queries, keys, values] = vectors;
  const score = { score: how.score, query: queries[word], key: keys[key] };
  const pair = { word: names[key], other: names[word] };
  return [
    {
      title: say("score of “{word}” for “{other}”", pair),
      formula: SCORE_FORMULAS[how.score](queries[0].length),
      numbers: scoreNumbers(score),
    },
    {
      title: say("weight of “{word}” for “{other}”", pair),
      formula: [
        WEIGHT_FORMULAS[how.normalizer](how.temperature, names.length),
        MASK_FORMULAS[how.mask](how.width),
      ],
      numbers: [weightNumbers(how, row, key)],
    },
    {
      title: say("output {place} for “{word}”", { place: place + 1, word: names[word] }),
      formula: ["Σ ", ["weight", say("weight")], " · ", ["value", valueName(place)]],
      numbers: outputNumbers(row.weights, values, place),
    },
  ];
}
