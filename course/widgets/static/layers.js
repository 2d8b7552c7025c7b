// What every network in the page is made of: small functions over one vector.

import { mean, softmax } from "./math.js";

const REMEMBERED = 48; // answers of a layer: one for each token of a sentence

/** A network's layers by name, from its tensors: linear(name) and norm(name) are functions. */
export function layersOf(tensors, epsilon) {
  const part = (name) => tensors[name];
  return {
    linear: (name) => (x) => affine(x, part(`${name}.weight`), part(`${name}.bias`)),
    norm: (name) => (x) =>
      layerNorm(x, part(`${name}.weight`).data, part(`${name}.bias`).data, epsilon),
  };
}

/** One query looks at rows of { key, value }: its output and each head's weights, after
    `edit(head, weights)`, if any. Heads that are `off` add nothing to the output. */
export function look(query, memory, heads, off = [], edit = null) {
  const size = query.length / heads;
  const output = new Float64Array(query.length);
  const weights = Array.from({ length: heads }, (_, head) => {
    const [from, to] = [head * size, (head + 1) * size];
    const given = softmax(
      memory.map(({ key }) => {
        let score = 0;
        for (let i = from; i < to; i++) score += query[i] * key[i];
        return score / Math.sqrt(size);
      }),
    );
    const row = edit === null ? given : edit(head, given);
    if (!off.includes(head)) {
      row.forEach((weight, j) => {
        for (let i = from; i < to; i++) output[i] += weight * memory[j].value[i];
      });
    }
    return row;
  });
  return { output, weights };
}

/** W·x + b; the matrix is a tensor { shape: [outputs, inputs], data }, and so is the bias, if any. */
export function affine(x, { shape: [rows, columns], data }, bias) {
  const output = new Float64Array(rows);
  for (let i = 0, at = 0; i < rows; i++) {
    let sum = bias ? bias.data[i] : 0;
    for (let j = 0; j < columns; j++, at++) sum += data[at] * x[j];
    output[i] = sum;
  }
  return output;
}

/** A layer that knows its latest answers: where only later ones change, it is not worked out anew. */
export function remembering(layer) {
  const known = [];
  let next = 0;
  return (x) => {
    const before = known.find(({ input }) => input.every((number, i) => number === x[i]));
    if (before) return before.output;
    const output = layer(x);
    known[next] = { input: x, output };
    next = (next + 1) % REMEMBERED;
    return output;
  };
}

/** The same layers by name, each of which knows its latest answers. */
export function remembered({ linear, norm }) {
  return { linear: keptByName(linear), norm: keptByName(norm) };
}

function keptByName(make) {
  const layers = new Map();
  return (name) => {
    if (!layers.has(name)) layers.set(name, remembering(make(name)));
    return layers.get(name);
  };
}

/** (x − mean) / √(variance + ε) · weight + bias */
export function layerNorm(x, weight, bias, epsilon = 1e-5) {
  const middle = mean(x);
  const variance = mean(x.map((value) => (value - middle) ** 2));
  const divisor = Math.sqrt(variance + epsilon);
  return x.map((value, i) => ((value - middle) / divisor) * weight[i] + bias[i]);
}

export const add = (x, y) => x.map((value, i) => value + y[i]);
