// The Vision Transformer of attnlib/models/vit.py in the page: the same weights, the same numbers.
// A sequence is an array of rows, a row an array of numbers. Held equal to PyTorch by
// tests/course/js/test_widgets_where_it_looks.py.

import { add, layersOf, look } from "./layers.js";
import { softmax } from "./math.js";

const EPSILON = 1e-6; // of its layer norms

/** From a file's tensors a function of a picture's pixels: { probabilities, maps }.
 *  `maps[layer][head][query][key]` are the weights; place 0 is [class], then the patches by row. */
export function vit(tensors, { heads, layers, side, patch }) {
  const { linear, norm } = layersOf(tensors, EPSILON);

  /** Every row looks at all: the outputs, and each head's map. */
  const attend = (name, rows) => {
    const [query, key, value] = ["query", "key", "value"].map((part) =>
      rows.map(linear(`${name}.${part}`)),
    );
    const memory = key.map((one, i) => ({ key: one, value: value[i] }));
    const seen = query.map((one) => look(one, memory, heads));
    return {
      outputs: seen.map(({ output }) => linear(`${name}.output`)(output)),
      map: Array.from({ length: heads }, (_, head) => seen.map(({ weights }) => weights[head])),
    };
  };

  return (pixels) => {
    const embedded = patchesOf(pixels, side, patch).map(linear("project"));
    const places = tensors["positions.table"];
    let rows = [[...tensors.class_token.data], ...embedded].map((row, place) =>
      row.map((number, i) => number + places.data[place * row.length + i]),
    );
    const maps = [];
    for (let layer = 0; layer < layers; layer++) {
      const name = `layers.${layer}`;
      const inputs = rows.map(norm(`${name}.self_attention_norm`));
      const { outputs, map } = attend(`${name}.self_attention`, inputs);
      maps.push(map);
      rows = plus(rows, outputs);
      rows = plus(
        rows,
        rows.map((row) => {
          const hidden = linear(`${name}.feed_forward.0`)(norm(`${name}.feed_forward_norm`)(row));
          return linear(`${name}.feed_forward.2`)(hidden.map(gelu));
        }),
      );
    }
    return { probabilities: softmax([...linear("logits")(norm("norm")(rows[0]))]), maps };
  };
}

/** The pixels of each patch, row after row, the patches row after row. */
export function patchesOf(pixels, side, patch) {
  const across = side / patch;
  return Array.from({ length: across * across }, (_, number) =>
    Array.from({ length: patch * patch }, (_, i) => {
      const y = Math.floor(number / across) * patch + Math.floor(i / patch);
      return pixels[y * side + (number % across) * patch + (i % patch)];
    }),
  );
}

const plus = (rows, others) => rows.map((row, i) => add(row, others[i]));

/** x·Φ(x), with the error function of Abramowitz & Stegun, 7.1.26, good to 2e-7. */
export function gelu(x) {
  const t = 1 / (1 + 0.3275911 * Math.abs(x) * Math.SQRT1_2);
  const tail =
    t *
    (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429)))) *
    Math.exp((-x * x) / 2);
  return x * (x < 0 ? tail / 2 : 1 - tail / 2);
}
