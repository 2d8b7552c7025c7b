// Every number on the way of one sentence through the translator, kept by its name.

import { layersOf } from "./layers.js";
import { dot, softmax } from "./math.js";
import { partsOf } from "./transformer.js";

/**
 * From the English words and the French ones written so far, as numbers (the start first):
 * { english, french: rows of vectors, encoder, decoder: layers, logits: a row for each French word }.
 * A layer holds the steps of its attention, `self` and in the decoder `cross`, each { x, context,
 * query, key, value: rows; scores, weights: [head][row][column]; mixed, output, summed, normed: rows },
 * and of its feed-forward network { x, hidden, output, summed, normed }.
 */
export function traced(tensors, shape, source, target) {
  const parts = { ...shape, ...partsOf(tensors, shape), ...layersOf(tensors), tensors };
  const embedded = (side, words) => words.map((word, place) => parts.embed(side, word, place));
  const trace = { english: embedded("source", source), french: embedded("target", target) };
  let rows = trace.english;
  trace.encoder = layersFrom(shape.layers, (layer) => {
    const name = `encoder.${layer}`;
    const self = attention(parts, `${name}.self_attention`, rows, null);
    const forward = feedForward(parts, `${name}.feed_forward`, self.normed);
    rows = forward.normed;
    return { self, forward };
  });
  const memory = rows;
  rows = trace.french;
  trace.decoder = layersFrom(shape.layers, (layer) => {
    const name = `decoder.${layer}`;
    const self = attention(parts, `${name}.self_attention`, rows, null, true);
    const cross = attention(parts, `${name}.cross_attention`, self.normed, memory);
    const forward = feedForward(parts, `${name}.feed_forward`, cross.normed);
    rows = forward.normed;
    return { self, cross, forward };
  });
  trace.logits = rows.map((row) => parts.logits(row));
  return trace;
}

const layersFrom = (count, layer) => Array.from({ length: count }, (_, i) => layer(i));

function attention({ heads, linear, tensors }, name, x, memory, causal = false) {
  const context = memory ?? x;
  const [query, key, value] = [
    x.map(linear(`${name}.query`)),
    context.map(linear(`${name}.key`)),
    context.map(linear(`${name}.value`)),
  ];
  const size = query[0].length / heads;
  const part = (row, head) => row.subarray(head * size, (head + 1) * size);
  const each = (make) => Array.from({ length: heads }, (_, head) => x.map((_, i) => make(head, i)));
  const seen = (i) => (causal ? context.slice(0, i + 1) : context);
  const scores = each((head, i) =>
    seen(i).map((_, j) => dot(part(query[i], head), part(key[j], head)) / Math.sqrt(size)),
  );
  const weights = scores.map((rows) => rows.map((row) => softmax(row)));
  const mixed = x.map((_, i) =>
    Float64Array.from({ length: query[0].length }, (_, n) => {
      const row = weights[Math.floor(n / size)][i];
      return row.reduce((sum, weight, j) => sum + weight * value[j][n], 0);
    }),
  );
  const output = mixed.map(linear(`${name}.output`));
  const after = residual(tensors, linear, name, x, output);
  return { name, x, context, query, key, value, scores, weights, mixed, output, ...after };
}

function feedForward({ linear, tensors }, name, x) {
  const hidden = x.map((row) => linear(`${name}.0`)(row).map((h) => Math.max(h, 0)));
  const output = hidden.map(linear(`${name}.2`));
  return { name, x, hidden, output, ...residual(tensors, linear, name, x, output) };
}

/** x + output, brought to mean 0 and spread 1 (post-norm, as this translator has it). */
function residual(tensors, _, name, x, output) {
  const summed = x.map((row, i) => row.map((number, n) => number + output[i][n]));
  const { norm } = layersOf(tensors);
  return { summed, normed: summed.map(norm(`${name}_residual.norm`)) };
}
