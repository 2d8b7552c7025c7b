// The Transformer of attnlib/models/transformer.py in the page: the same weights, the same numbers.
// A sequence is an array of rows, a row a Float64Array. Held equal to PyTorch by
// tests/course/js/test_widgets_translator_attention.py.

import { add, affine, layersOf, look, remembered, remembering } from "./layers.js";
import { argmax } from "./math.js";

/**
 * A translator from its tensors: { encode, start, step }. `shape` is { heads, layers, preNorm };
 * `off` lists the heads that are switched off by layer: { "decoder.1.cross_attention": [2] }.
 *
 * encode(words, off, edit) gives the keys and values each decoder layer looks at, and every weight,
 *   maps[layer][row][head].
 * start() is the state of a decoder that has written nothing: its caches are empty.
 * step(word, encoded, state, off, edit) reads one word more: it gives the logits of the next, and
 *   the newest row's weights, `self` and `cross`, each [layer][head].
 *
 * `edit(name, head, place, weights)`, if given, puts other weights in place of a head's, in the layer
 * `name`, at the query `place`.
 */
export function transformer(tensors, shape) {
  const parts = { ...shape, ...partsOf(tensors, shape) };
  return {
    encode: (words, off = {}, edit = null) => encode(parts, words, { off, edit }),
    start: () => ({ place: 0, caches: Array.from({ length: shape.layers }, () => []) }),
    step: (word, encoded, state, off = {}, edit = null) =>
      step(parts, word, encoded, state, { off, edit }),
  };
}

/** Writes until `eos`: [{ word, self, cross }], with the weights of the step that chose the word. */
export function translate(model, source, how) {
  return [...writing(model, source, how)].map(({ word, self, cross }) => ({ word, self, cross }));
}

/** The same step by step, each with the logits it chose from; the sentence may be `encoded` already. */
export function* writing(model, source, { bos, eos, off = {}, edit = null, encoded = null }) {
  const memory = encoded ?? model.encode(source, off, edit);
  const state = model.start();
  let word = bos;
  for (let left = longest(source); left > 0 && word !== eos; left--) {
    const seen = model.step(word, memory, state, off, edit);
    word = argmax(seen.logits);
    yield { word, ...seen };
  }
}

/** How many words a translation may have. */
export const longest = (source) => 2 * source.length + 10;

/** What encoder and decoder are made of, each part found by the name of its layer. */
export function partsOf(tensors, { heads, preNorm }) {
  const { linear, norm } = remembered(layersOf(tensors));
  const waves = [];
  const normed = (name) => norm(`${name}_residual.norm`);
  return {
    embed(name, word, place) {
      const { data, shape } = tensors[`${name}_embedding.table`];
      const size = shape[1];
      waves[place] ??= Float64Array.from({ length: size }, (_, i) => sinusoid(place, i, size));
      return Float64Array.from(
        data.subarray(word * size, (word + 1) * size),
        (number, i) => number * Math.sqrt(size) + waves[place][i],
      );
    },
    kept: (name, x) => ({ key: linear(`${name}.key`)(x), value: linear(`${name}.value`)(x) }),
    attend(name, x, memory, place, { off, edit }) {
      const change = edit && ((head, weights) => edit(name, head, place, weights));
      const { output, weights } = look(
        linear(`${name}.query`)(x),
        memory,
        heads,
        off[name],
        change,
      );
      return { output: linear(`${name}.output`)(output), weights };
    },
    feedForward: (name, x) =>
      linear(`${name}.2`)(linear(`${name}.0`)(x).map((h) => Math.max(h, 0))),
    enter: (name, x) => (preNorm ? normed(name)(x) : x),
    leave: (name, x, output) => (preNorm ? add(x, output) : normed(name)(add(x, output))),
    end: (name, x) => (preNorm ? norm(`${name}_norm`)(x) : x),
    logits: remembering((x) => affine(x, tensors["target_embedding.table"])),
  };
}

function encode({ layers, embed, kept, attend, feedForward, enter, leave, end }, words, how) {
  let rows = words.map((word, place) => embed("source", word, place));
  const maps = [];
  for (let layer = 0; layer < layers; layer++) {
    const [self, forward] = [`encoder.${layer}.self_attention`, `encoder.${layer}.feed_forward`];
    const inputs = rows.map((row) => enter(self, row));
    const memory = inputs.map((input) => kept(self, input));
    const seen = inputs.map((input, place) => attend(self, input, memory, place, how));
    maps.push(seen.map(({ weights }) => weights));
    rows = rows
      .map((row, i) => leave(self, row, seen[i].output))
      .map((row) => leave(forward, row, feedForward(forward, enter(forward, row))));
  }
  rows = rows.map((row) => end("encoder", row));
  const memory = Array.from({ length: layers }, (_, layer) =>
    rows.map((row) => kept(`decoder.${layer}.cross_attention`, row)),
  );
  return { memory, maps };
}

function step(parts, word, encoded, state, how) {
  const { layers, embed, kept, attend, feedForward, enter, leave, end, logits } = parts;
  let x = embed("target", word, state.place);
  const [self, cross] = [[], []];
  const sublayer = (name, memory, seen) => {
    const input = enter(name, x);
    if (seen === self) memory.push(kept(name, input));
    const { output, weights } = attend(name, input, memory, state.place, how);
    seen.push(weights);
    x = leave(name, x, output);
  };
  for (let layer = 0; layer < layers; layer++) {
    const forward = `decoder.${layer}.feed_forward`;
    sublayer(`decoder.${layer}.self_attention`, state.caches[layer], self);
    sublayer(`decoder.${layer}.cross_attention`, encoded.memory[layer], cross);
    x = leave(forward, x, feedForward(forward, enter(forward, x)));
  }
  state.place += 1;
  return { logits: logits(end("decoder", x)), self, cross };
}

export function sinusoid(place, i, size) {
  const angle = place / 10000 ** ((i - (i % 2)) / size);
  return i % 2 ? Math.cos(angle) : Math.sin(angle);
}
