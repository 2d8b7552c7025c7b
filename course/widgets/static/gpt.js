// The GPT of attnlib/models/gpt.py in the page, with rotary positions: the same weights, the same
// numbers. It reads a token at a time and keeps keys and values. Held equal to PyTorch by
// tests/course/js/test_widgets_next_word.py.

import { add, affine, layersOf, look } from "./layers.js";

/** A GPT from its tensors: { start, read }. `shape` is { heads, layers }. */
export function gpt(tensors, { heads, layers }) {
  const { linear, norm } = layersOf(tensors);
  const words = tensors["words.weight"];

  /** Self-attention of the newest token over all in the cache, itself among them. */
  const attend = (name, x, cache) => {
    const [query, key, value] = ["query", "key", "value"].map((part) =>
      linear(`${name}.${part}`)(x),
    );
    const size = query.length / heads;
    for (const states of [query, key]) turn(states, cache.length, size);
    cache.push({ key, value });
    const { output, weights } = look(query, cache, heads);
    return { output: linear(`${name}.output`)(output), weights };
  };

  /** Caches of a text of which nothing is read yet. */
  const start = () => Array.from({ length: layers }, () => []);

  /** The next token's logits, and the newest token's weights: maps[layer][head][token]. */
  const read = (token, caches) => {
    const size = words.shape[1];
    let x = Float64Array.from(words.data.subarray(token * size, (token + 1) * size));
    const maps = [];
    for (let layer = 0; layer < layers; layer++) {
      const name = `layers.${layer}`;
      const input = norm(`${name}.self_attention_norm`)(x);
      const seen = attend(`${name}.self_attention`, input, caches[layer]);
      maps.push(seen.weights);
      x = add(x, seen.output);
      const hidden = linear(`${name}.feed_forward.0`)(norm(`${name}.feed_forward_norm`)(x));
      x = add(x, linear(`${name}.feed_forward.2`)(hidden.map(tanhGelu)));
    }
    return { logits: affine(norm("norm")(x), words), maps };
  };

  return { start, read };
}

/** Rotary positions: in each head, the numbers i and i + size/2 turn by place · 10000^(−2i/size). */
function turn(states, place, size) {
  for (let from = 0; from < states.length; from += size) {
    for (let i = 0; i < size / 2; i++) {
      const angle = place * 10000 ** ((-2 * i) / size);
      const [cos, sin, x, y] = [
        Math.cos(angle),
        Math.sin(angle),
        states[from + i],
        states[from + i + size / 2],
      ];
      states[from + i] = x * cos - y * sin;
      states[from + i + size / 2] = x * sin + y * cos;
    }
  }
}

const tanhGelu = (x) => (x / 2) * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)));
