// Attention over a reader's own words: their vectors, and every number from the score to the output.

import { isPlace } from "./checks.js";
import { hard, sigmoid, softmax, sparsemax, sum, weightedSum } from "./math.js";

export const KINDS = ["query", "key", "value"];
export const MOST = { words: 12, heads: 4, size: 4, edits: 600 };
export const LIMIT = 50; // tenths: what a number may be at most
const STEPS = 9; // drawn numbers are −2, −1.5, … 2

export const wordsIn = (text) => text.split(/\s+/u).filter((word) => word !== "");

/** What stands for a word on the screen: short, and without what would turn the rest around. */
export function shortened(word, most = 14) {
  const letters = [...word.replace(/[\p{Cc}\p{Cs}\p{Bidi_Control}]/gu, "·")];
  return letters.length > most ? `${letters.slice(0, most - 1).join("")}…` : letters.join("");
}

/** A word as the trained table may have it. */
export const looked = (word) => word.toLowerCase().replace(/[.,;:!?"“”()…]/gu, "");

/** A number for a word that nobody gave one: always the same for the same word and place. */
export function drawn(word, head, kind, place) {
  const text = `${head}${kind}${place}${word.toLowerCase()}`;
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) {
    hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 15), 0x85ebca6b);
  hash ^= hash >>> 13;
  return ((hash >>> 0) % STEPS) / 2 - 2;
}

/** A trained table: `vector(word, head, kind, place)` gives its number, or 0 for a word it lacks. */
export function trainedTable(words, base64) {
  const bytes = Int8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  const places = new Map(words.map((word, place) => [word, place]));
  return {
    words,
    has: (word) => places.has(looked(word)),
    number(word, head, kind, place) {
      const row = places.get(looked(word));
      if (row === undefined) return 0;
      return bytes[((row * MOST.heads + head) * KINDS.length + kind) * MOST.size + place] / 10;
    },
  };
}

/** Moved numbers as [source, head, word, kind, place, tenths], all of them whole numbers. */
export const areEdits = (value) =>
  Array.isArray(value) &&
  value.length <= MOST.edits &&
  value.every(
    (edit) =>
      Array.isArray(edit) &&
      edit.length === 6 &&
      [2, MOST.heads, MOST.words, KINDS.length, MOST.size].every((end, i) =>
        isPlace(edit[i], end),
      ) &&
      isPlace(edit[5], LIMIT + 1, -LIMIT),
  );

/** The edits with one more, in place of an older one of the same number. */
export const withEdit = (edits, edit) => [
  ...edits.filter((old) => old.slice(0, 5).join() !== edit.slice(0, 5).join()),
  edit,
];

/** Of each head, the query, key and value of every word: [head][kind][word][place]. */
export function vectorsOf({ words, heads, size, source, table, edits }) {
  const number = source === 1 ? table.number : drawn;
  const made = Array.from({ length: heads }, (_, head) =>
    KINDS.map((_, kind) =>
      words.map((word) => Array.from({ length: size }, (_, i) => number(word, head, kind, i))),
    ),
  );
  for (const [of, head, word, kind, place, tenths] of edits) {
    if (of === source && head < heads && word < words.length && place < size) {
      made[head][kind][word][place] = tenths / 10;
    }
  }
  return made;
}

const squares = (numbers) => sum(numbers.map((x) => x * x));
const length = (vector) => Math.sqrt(squares(vector));

/** How a query and a key are compared: a term for each pair of numbers, and what their sum becomes. */
export const SCORES = [
  { name: "dot", term: (q, k) => q * k, end: (total) => total },
  {
    name: "scaled dot",
    term: (q, k) => q * k,
    end: (total, q) => total / Math.sqrt(q.length),
  },
  {
    name: "cosine",
    term: (q, k) => q * k,
    end: (total, q, k) => (total === 0 ? 0 : total / (length(q) * length(k))),
  },
  { name: "distance", term: (q, k) => (q - k) ** 2, end: (total) => -total / 2 },
  { name: "additive", term: (q, k) => Math.tanh(q + k), end: (total) => total },
];

/** One score with all that leads to it. */
export function scored(score, query, key) {
  const { term, end } = SCORES[score];
  const terms = query.map((q, i) => term(q, key[i]));
  return { terms, total: sum(terms), score: end(sum(terms), query, key) };
}

/** Who may look at whom: 0 everybody, 1 causal, 2 a window, 3 nobody at hidden words. */
export const MASKS = [
  () => true,
  (q, k) => k <= q,
  (q, k, { width }) => Math.abs(q - k) < width,
  (_, k, { hidden }) => !hidden.includes(k),
];

/** How scores become weights; the rules without a mask of their own see the allowed keys alone. */
export const NORMALIZERS = [
  (scores, allowed, temperature) => softmax(scores, { allowed, temperature }),
  (scores, allowed) => among(scores, allowed, sparsemax),
  (scores, allowed) => sigmoid(scores).map((weight, i) => (allowed[i] ? weight : 0)),
  (scores, allowed) => among(scores, allowed, hard),
];

function among(scores, allowed, rule) {
  const weights = rule(scores.filter((_, i) => allowed[i]));
  let next = 0;
  return scores.map((_, i) => (allowed[i] ? weights[next++] : 0));
}

/** One head: for each query its scores, who is allowed, the weights and the output. */
export function attendHead([queries, keys, values], how) {
  return queries.map((query, q) => {
    const scores = keys.map((key) => scored(how.score, query, key).score);
    const allowed = keys.map((_, k) => MASKS[how.mask](q, k, how));
    const weights = NORMALIZERS[how.normalizer](scores, allowed, how.temperature);
    return { scores, allowed, weights, output: weightedSum(weights, values) };
  });
}

/** All heads, and for each word their outputs side by side. */
export function attendAll(vectors, how) {
  const heads = vectors.map((head) => attendHead(head, how));
  const outputs = heads[0].map((_, q) => heads.flatMap((rows) => rows[q].output));
  return { heads, outputs };
}
