// How one number came about: { name, value, terms: [[label, a, b], …], way, come }. Each term is a · b;
// `way` says what is done with them, and come(terms) does it: that is the number, if all is right.

import { digits } from "./dom.js";
import { mean, sum } from "./math.js";
import { say } from "./say.js";
import { sinusoid } from "./transformer.js";

const EPSILON = 1e-5; // of the layer norm
const MANY = 6; // words whose chance is shown

export const total = (terms) => terms.reduce((sum, [, a, b]) => sum + a * b, 0);

const write = (number) => digits(number, 3);

/** The sum of its terms, which are products of `letters`: sumOf(…, "W", "x"). */
export function sumOf(name, value, terms, ...letters) {
  const product = letters.join(" · ");
  const way = product === "" ? say("the sum") : say("the sum of {product}", { product });
  return { name, value, terms, way, come: total };
}

/** Number `n` of W · row + bias. */
export function linear(name, value, { tensors, layer, row, n }, letter) {
  const { data, shape } = tensors[`${layer}.weight`];
  const from = n * shape[1];
  const terms = Array.from(row, (x, j) => [`${j}`, data[from + j], x]);
  const bias = [say("bias"), tensors[`${layer}.bias`].data[n], 1];
  return {
    ...sumOf(name, value, [...terms, bias]),
    way: say("the sum of {product}, and a bias", { product: `W · ${letter}` }),
  };
}

/** The same, and 0 where that is negative. */
export function rectified(name, value, place, letter) {
  return {
    ...linear(name, value, place, letter),
    way: say("the sum of {product}, and a bias; 0 if that is less", { product: `W · ${letter}` }),
    come: (terms) => Math.max(0, total(terms)),
  };
}

/** Number `n` of a word's first vector: √E · table + wave. */
export function embedded(name, value, { tensors, side, word, place, n }) {
  const { data, shape } = tensors[`${side}_embedding.table`];
  const terms = [
    [say("√E · line"), Math.sqrt(shape[1]), data[word * shape[1] + n]],
    [say("wave"), sinusoid(place, n, shape[1]), 1],
  ];
  return { ...sumOf(name, value, terms), way: say("√E · its line in the table + the wave") };
}

/** q · k ÷ √D */
export function scored(name, value, query, key) {
  const root = Math.sqrt(query.length);
  const terms = Array.from(query, (q, i) => [`${i}`, q, key[i]]);
  return {
    ...sumOf(name, value, terms, "q", `k ÷ √${query.length}`),
    come: (these) => total(these) / root,
  };
}

/** e^score ÷ the sum of all: the share at `at`. */
export function shared(name, value, labels, scores, at) {
  const powers = scores.map((score) => Math.exp(score));
  return {
    ...{ name, value },
    terms: scores.map((score, i) => [
      say("{word}: e^{score}", { word: labels[i], score: write(score) }),
      powers[i],
      1,
    ]),
    way: say("{power} ÷ {sum}, the sum of all", {
      power: write(powers[at]),
      sum: write(sum(powers)),
    }),
    chosen: at,
    come: (terms) => terms[at][1] / total(terms),
  };
}

/** Number `n` of a layer norm: a mean of 0 and a spread of 1, then what has been learned. */
export function evened(name, value, { tensors, layer, row, n }) {
  const middle = mean(row);
  const spread = Math.sqrt(mean(row.map((x) => (x - middle) ** 2)) + EPSILON);
  const learned = (part) => tensors[`${layer}_residual.norm.${part}`].data[n];
  return {
    ...{ name, value },
    terms: [
      [say("sum"), row[n], 1],
      [say("mean of all {count}", { count: row.length }), middle, 1],
      [say("spread of all {count}", { count: row.length }), spread, 1],
      [say("weight, learned"), learned("weight"), 1],
      [say("bias, learned"), learned("bias"), 1],
    ],
    way: say("(sum − mean) ÷ spread · weight + bias"),
    come: ([[, own], [, all], [, wide], [, weight], [, bias]]) =>
      ((own - all) / wide) * weight + bias,
  };
}

/** The chance of the likeliest word, among all. */
export function chance(name, value, logits, word) {
  const order = Array.from(logits, (_, i) => i).sort((a, b) => logits[b] - logits[a]);
  const power = (i) => Math.exp(logits[i] - logits[order[0]]);
  const score = (i) => write(logits[i] - logits[order[0]]);
  const terms = order
    .slice(0, MANY)
    .map((i) => [say("{word}: e^{score}", { word: word(i), score: score(i) }), power(i), 1]);
  terms.push([say("all others"), sum(order.slice(MANY).map(power)), 1]);
  return {
    ...{ name, value, terms, chosen: 0 },
    way: say("{power} ÷ {sum}, the sum of all; from each logit the largest is taken away first", {
      power: write(terms[0][1]),
      sum: write(total(terms)),
    }),
    come: (these) => these[0][1] / total(these),
  };
}

/** The chance of a whole sentence, from those of its words. */
export function product(name, value, terms) {
  const come = (these) => these.reduce((so_far, [, one]) => so_far * one, 1);
  return { name, value, terms, way: say("the product"), come };
}

/** The place of a word in the list of all, among its neighbors. */
export function listed({ english, source, word, list }) {
  const place = source[word];
  const from = Math.max(0, place - MANY);
  const at = place - from;
  return {
    name: say("place of “{word}”", { word: english[word] }),
    value: place,
    terms: list.slice(from, place + MANY + 1).map((one, i) => [one, from + i, 1]),
    way: say("here among its neighbors in the list"),
    ...{ places: 0, chosen: at, come: (terms) => terms[at][1] },
  };
}

/** How many numbers the model has learned, by its parts. */
export function learned({ tensors }) {
  const of = (start) =>
    sum(
      Object.entries(tensors)
        .filter(([name]) => name.startsWith(start))
        .map(([, { data }]) => data.length),
    );
  const parts = [
    [say("English table"), of("source_embedding")],
    [say("encoder layer 0"), of("encoder.0")],
    [say("encoder layer 1"), of("encoder.1")],
    [say("French table"), of("target_embedding")],
    [say("decoder layer 0"), of("decoder.0")],
    [say("decoder layer 1"), of("decoder.1")],
  ];
  const terms = parts.map(([label, count]) => [label, count, 1]);
  return { ...sumOf(say("learned numbers"), of(""), terms), places: 0 };
}
