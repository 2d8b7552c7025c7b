// Which heads are off, what the translator then writes, and which words that changes.

import { say } from "./say.js";
import { translate } from "./transformer.js";

/** Which words of two texts are in only one: { lost, added }, booleans beside `before` and `after`. */
export function changes(before, after) {
  const shared = before.map(() => new Array(after.length + 1).fill(0)); // of the rest from i, j on
  shared.push(new Array(after.length + 1).fill(0));
  for (let i = before.length - 1; i >= 0; i--) {
    for (let j = after.length - 1; j >= 0; j--) {
      shared[i][j] =
        before[i] === after[j]
          ? 1 + shared[i + 1][j + 1]
          : Math.max(shared[i + 1][j], shared[i][j + 1]);
    }
  }
  const [lost, added] = [before.map(() => true), after.map(() => true)];
  for (let i = 0, j = 0; i < before.length && j < after.length; ) {
    if (before[i] === after[j]) lost[i++] = added[j++] = false;
    else if (shared[i + 1][j] >= shared[i][j + 1]) i++;
    else j++;
  }
  return { lost, added };
}

/** The heads that are off after one of them was switched. */
export function switched(off, layer, head) {
  const heads = off[layer] ?? [];
  return withHeads(
    off,
    layer,
    heads.includes(head)
      ? heads.filter((other) => other !== head)
      : [...heads, head].sort((a, b) => a - b),
  );
}

/** All heads of a layer off; or, when they are, all on. */
export function switchedLayer(off, layer, count) {
  const all = Array.from({ length: count }, (_, head) => head);
  return withHeads(off, layer, off[layer]?.length === count ? [] : all);
}

function withHeads(off, layer, heads) {
  const { [layer]: _, ...others } = off;
  return heads.length > 0 ? { ...others, [layer]: heads } : others;
}

/** Every head's map by layer, [head][row][column], and the words that are written. */
export function run(network, source, specials, off) {
  const encoder = network.encode(source, off).maps;
  const steps = translate(network, source, { ...specials, off });
  const count = encoder[0][0].length;
  const heads = (rows) => Array.from({ length: count }, (_, head) => rows.map((row) => row[head]));
  const maps = {};
  encoder.forEach((rows, layer) => {
    maps[`encoder.${layer}.self_attention`] = heads(rows);
    maps[`decoder.${layer}.self_attention`] = heads(steps.map(({ self }) => self[layer]));
    maps[`decoder.${layer}.cross_attention`] = heads(steps.map(({ cross }) => cross[layer]));
  });
  return { maps, words: steps.map(({ word }) => word).filter((word) => word !== specials.eos) };
}

/** What has changed, in words. */
export function verdict(off, lost, added) {
  const count = Object.values(off).flat().length;
  if (count === 0) return say("All heads are on.");
  const heads = say(count === 1 ? "{count} head off" : "{count} heads off", { count });
  const changed = [lost, added].map((marks) => marks.filter(Boolean).length);
  if (changed[0] + changed[1] === 0) return say("{heads}: not a word changes.", { heads });
  return say("{heads}: {lost} of {all} words lost, {added} new.", {
    heads,
    lost: changed[0],
    all: lost.length,
    added: changed[1],
  });
}

/** The same in Python. */
export function inPython(off, layers) {
  const entries = layers
    .filter((layer) => off[layer])
    .map((layer) => `"${layer}": [${off[layer].join(", ")}]`);
  return `with heads_off(model, {${entries.join(", ")}}):`;
}
