// What can be followed in the tour, a line each: a row of numbers on the way, or one number alone.
//
// A line is { line, kind, label, numbers, of(n), picks }: `line` tells which it is at every step where it
// is met, `of` how its number `n` came about, and `picks` what else is chosen when it is pressed.
// A number alone has no `numbers`.

import { digits } from "./dom.js";
import { say } from "./say.js";
import { embedded, evened, linear, rectified, scored, shared, sumOf } from "./tour_numbers.js";

/** What each line is called where one is chosen. */
export const NAMES = {
  learned: say("learned numbers"),
  listed: say("place in the list"),
  x: say("vector"),
  query: say("query"),
  key: say("key"),
  value: say("value"),
  score: say("score"),
  weight: say("weight"),
  mixed: say("weighted sum"),
  output: say("output"),
  summed: say("sum"),
  normed: say("evened out"),
  hidden: say("widened"),
  answer: say("answer"),
  next: say("after the layer"),
  chance: say("chance"),
  logit: say("logit"),
  whole: say("the whole sentence"),
};

export const sizeOf = ({ trace, heads }) => trace.english[0].length / heads;

const row = (line, kind, label, numbers, of, picks = {}) => ({
  ...{ line, kind, label, numbers, of, picks },
});
/** A number alone. */
export const alone = (line, of) => ({ line, of });

const within = (numbers, now) =>
  numbers.subarray(now.head * sizeOf(now), (now.head + 1) * sizeOf(now));
const sub = (n) => [...`${n}`].map((digit) => "₀₁₂₃₄₅₆₇₈₉"[digit]).join("");
const called = (letter, n, word) => say("{letter} of “{word}”", { letter: letter + sub(n), word });

/** The vector of a word as it goes in, on one side. */
export function vector(now, side, place, label, picks) {
  const words = side === "source" ? now.english : now.french;
  const rows = side === "source" ? now.trace.english : now.trace.french;
  return row(
    "x",
    "ink",
    label,
    rows[place],
    (n) =>
      embedded(called("x", n, words[place]), rows[place][n], {
        ...{ tensors: now.tensors, side, word: now[side][place], place, n },
      }),
    picks,
  );
}

/** The query, key or value of a word in a head of the first layer; `at` is its place. */
export function projected(now, kind, at, label, picks) {
  const { name, x, [kind]: rows } = now.trace.encoder[0].self;
  const from = now.head * sizeOf(now);
  const letter = { query: "q", key: "k", value: "v" }[kind];
  return row(
    kind,
    kind,
    label,
    within(rows[at], now),
    (n) =>
      linear(
        called(letter, n, now.english[at]),
        rows[at][from + n],
        { tensors: now.tensors, layer: `${name}.${kind}`, row: x[at], n: from + n },
        "x",
      ),
    picks,
  );
}

/** How well a query, in row `i` of an attention, fits the key `j`. */
export function score(now, { query, key, scores }, i, j, [word, other]) {
  const name = say("score of “{word}” with “{other}”", { word, other });
  return alone("score", () =>
    scored(name, scores[now.head][i][j], within(query[i], now), within(key[j], now)),
  );
}

export function weight(now, { scores, weights }, i, j, labels) {
  const name = say("weight of “{word}”", { word: labels[j] });
  return alone("weight", () =>
    shared(name, weights[now.head][i][j], labels, scores[now.head][i], j),
  );
}

/** What one head gives the word; of `all` heads, what they give it in a row. */
export function mixed(now, all = false) {
  const { weights, value, mixed: rows } = now.trace.encoder[0].self;
  const from = all ? 0 : now.head * sizeOf(now);
  const numbers = all ? rows[now.word] : within(rows[now.word], now);
  const label = all ? say("sums of all heads") : say("weighted sum");
  return row("mixed", "weight", label, numbers, (n) => {
    const head = Math.floor((from + n) / sizeOf(now));
    const terms = now.english.map((word, i) => [
      word,
      weights[head][now.word][i],
      value[i][from + n],
    ]);
    return sumOf(called("o", n, now.english[now.word]), numbers[n], terms, "w", "v");
  });
}

/** What the heads together give the word, mixed by one more matrix. */
export function output(now) {
  const { name, mixed: rows, output: outputs } = now.trace.encoder[0].self;
  return row("output", "weight", say("output y"), outputs[now.word], (n) =>
    linear(
      called("y", n, now.english[now.word]),
      outputs[now.word][n],
      { tensors: now.tensors, layer: `${name}.output`, row: rows[now.word], n },
      "o",
    ),
  );
}

/** x + y: a part's input and what it has made of it, by their letters. */
export function added(now, part, [x, y]) {
  const word = now.word;
  const letters = `${x} + ${y}`;
  return row("summed", "ink", say("sum {letters}", { letters }), part.summed[word], (n) =>
    sumOf(
      say("({letters}){n} of “{word}”", { letters, n: sub(n), word: now.english[word] }),
      part.summed[word][n],
      [
        [x + sub(n), part.x[word][n], 1],
        [y + sub(n), part.output[word][n], 1],
      ],
    ),
  );
}

/** A part's sum after its layer norm. */
export function normed(now, part, letter, label) {
  const word = now.word;
  return row("normed", "ink", label, part.normed[word], (n) =>
    evened(called(letter, n, now.english[word]), part.normed[word][n], {
      ...{ tensors: now.tensors, layer: part.name, row: part.summed[word], n },
    }),
  );
}

/** The wider vector between the two matrices of the feed-forward network. */
export function hidden(now, part) {
  const { word, tensors } = now;
  return row("hidden", "value", say("widened h"), part.hidden[word], (n) =>
    rectified(
      called("h", n, now.english[word]),
      part.hidden[word][n],
      { tensors, layer: `${part.name}.0`, row: part.x[word], n },
      "z",
    ),
  );
}

export function answer(now, part) {
  const { word, tensors } = now;
  return row("answer", "weight", say("answer a"), part.output[word], (n) =>
    linear(
      called("a", n, now.english[word]),
      part.output[word][n],
      { tensors, layer: `${part.name}.2`, row: part.hidden[word], n },
      "h",
    ),
  );
}

export const write = (number) => digits(number, 3);
