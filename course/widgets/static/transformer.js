// The Transformer of attnlib/models/transformer.py in the page: the same weights, the same numbers.
// A sequence is an array of rows, a row a Float64Array. Held equal to PyTorch by
// tests/course/js/test_widgets_translator_attention.py.

import { add, affine, layerNorm } from "./layers.js";
import { softmax } from "./math.js";

/**
 * A translator from its tensors: { encode, start, step }. `shape` is { heads, layers, preNorm };
 * `off` lists the heads that are switched off by layer: { "decoder.1.cross": [2] }.
 */
export function transformer(tensors, { heads, layers, preNorm }) {
  const linear = (name) => (x) => affine(x, tensors[`${name}.weight`], tensors[`${name}.bias`]);
  const norm = (name) => (x) =>
    layerNorm(x, tensors[`${name}.weight`].data, tensors[`${name}.bias`].data);
  const residual = (name, x, sublayer) => {
    const normed = norm(`${name}_residual.norm`);
    return preNorm ? add(x, sublayer(normed(x))) : normed(add(x, sublayer(x)));
  };
  const feedForward = (name) => (x) =>
    linear(`${name}.2`)(linear(`${name}.0`)(x).map((h) => Math.max(h, 0)));
  const project = (name, x) => ({
    key: linear(`${name}.key`)(x),
    value: linear(`${name}.value`)(x),
  });

  /** One query row looks at rows of keys and values; the weights of each head go into `seen`. */
  const look = (name, x, memory, seen, off) => {
    const query = linear(`${name}.query`)(x);
    const size = query.length / heads;
    const output = new Float64Array(query.length);
    for (let h = 0; h < heads; h++) {
      const from = h * size;
      const scores = memory.map(({ key }) => {
        let sum = 0;
        for (let i = from; i < from + size; i++) sum += query[i] * key[i];
        return sum / Math.sqrt(size);
      });
      const weights = softmax(scores);
      seen.push(weights);
      if (off[name]?.includes(h)) continue;
      weights.forEach((weight, j) => {
        for (let i = from; i < from + size; i++) output[i] += weight * memory[j].value[i];
      });
    }
    return linear(`${name}.output`)(output);
  };

  const embed = (name, word, place) => {
    const {
      shape: [, size],
      data,
    } = tensors[`${name}.table`];
    return Float64Array.from(
      { length: size },
      (_, i) => data[word * size + i] * Math.sqrt(size) + sinusoid(place, i, size),
    );
  };

  /** The encoder's output for source words, as the keys and values each decoder layer looks at. */
  const encode = (words, off = {}) => {
    let rows = words.map((word, place) => embed("source_embedding", word, place));
    const maps = [];
    for (let layer = 0; layer < layers; layer++) {
      const name = `encoder.${layer}`;
      const inputs = preNorm ? rows.map(norm(`${name}.self_residual.norm`)) : rows;
      const memory = inputs.map((row) => project(`${name}.self`, row));
      maps.push(rows.map(() => []));
      rows = rows.map((row, i) =>
        residual(`${name}.self`, row, (x) => look(`${name}.self`, x, memory, maps[layer][i], off)),
      );
      rows = rows.map((row) =>
        residual(`${name}.feed_forward`, row, feedForward(`${name}.feed_forward`)),
      );
    }
    if (preNorm) rows = rows.map(norm("encoder_norm"));
    const memory = Array.from({ length: layers }, (_, layer) =>
      rows.map((row) => project(`decoder.${layer}.cross`, row)),
    );
    return { memory, maps };
  };

  /** The state of a decoder that has written nothing: its caches of keys and values are empty. */
  const start = () => ({ place: 0, caches: Array.from({ length: layers }, () => []) });

  /** One word more: the logits of the next, and each layer's weights by head: `self` and `cross`. */
  const step = (word, encoded, state, off = {}) => {
    let x = embed("target_embedding", word, state.place);
    const [self, cross] = [[], []];
    for (let layer = 0; layer < layers; layer++) {
      const name = `decoder.${layer}`;
      self.push([]);
      cross.push([]);
      x = residual(`${name}.self`, x, (input) => {
        state.caches[layer].push(project(`${name}.self`, input));
        return look(`${name}.self`, input, state.caches[layer], self[layer], off);
      });
      x = residual(`${name}.cross`, x, (input) =>
        look(`${name}.cross`, input, encoded.memory[layer], cross[layer], off),
      );
      x = residual(`${name}.feed_forward`, x, feedForward(`${name}.feed_forward`));
    }
    if (preNorm) x = norm("decoder_norm")(x);
    state.place += 1;
    return { logits: affine(x, tensors["target_embedding.table"]), self, cross };
  };

  return { encode, start, step };
}

/** Writes until `eos`: [{ word, self, cross }], with the weights of the step that chose the word. */
export function translate(model, source, { bos, eos, off = {} }) {
  const encoded = model.encode(source, off);
  const state = model.start();
  const written = [];
  let word = bos;
  while (written.length < 2 * source.length + 10) {
    const { logits, self, cross } = model.step(word, encoded, state, off);
    word = argmax(logits);
    written.push({ word, self, cross });
    if (word === eos) break;
  }
  return written;
}

function sinusoid(place, i, size) {
  const angle = place / 10000 ** ((i - (i % 2)) / size);
  return i % 2 ? Math.cos(angle) : Math.sin(angle);
}

function argmax(numbers) {
  let best = 0;
  for (let i = 1; i < numbers.length; i++) if (numbers[i] > numbers[best]) best = i;
  return best;
}
