// Weights that a reader has set by hand: some are given, the others of their row make room.
//
// An edit is [part, layer, head, row, key, weight]: a number for each, part being a place in PARTS.
// A layer, head or row of −1 stands for every one.

export const PARTS = ["cross", "encoder", "decoder"];
const EVERY = -1;
const MOST = 200; // edits that are kept

/** Where `given`, a Map of places to weights, says so, its weight; the others share what is left in
    their old proportions. Given weights of more than 1 together are scaled down to 1. */
export function reweighted(weights, given) {
  if (given.size === 0) return weights;
  const fixed = weights.map((_, j) => given.get(j) ?? null);
  const total = fixed.reduce((sum, weight) => sum + (weight ?? 0), 0);
  const free = weights.reduce((sum, weight, j) => sum + (fixed[j] === null ? weight : 0), 0);
  if (free > 0 && total < 1) {
    return weights.map((weight, j) => fixed[j] ?? (weight * (1 - total)) / free);
  }
  return fixed.map((weight) => (weight ?? 0) / (total || 1));
}

/** The edits as transformer.js takes them: a function of a row of weights; null without any. */
export function editor(edits) {
  if (edits.length === 0) return null;
  return (name, head, row, weights) => {
    const [part, layer] = partOf(name);
    const here = edits.filter(
      (edit) =>
        edit[0] === part && covers(edit[1], layer) && covers(edit[2], head) && covers(edit[3], row),
    );
    return reweighted(weights, new Map(here.map(([, , , , key, weight]) => [key, weight])));
  };
}

const covers = (chosen, one) => chosen === EVERY || chosen === one;

/** A layer's name as a part and a number: "decoder.1.cross_attention" is [0, 1]. */
export function partOf(name) {
  const [side, layer, kind] = name.split(".");
  return [kind === "cross_attention" ? 0 : PARTS.indexOf(side), Number(layer)];
}

/** The name of a part's layer. */
export function nameOf(part, layer) {
  return part === "cross" ? `decoder.${layer}.cross_attention` : `${part}.${layer}.self_attention`;
}

/** Whether one of the edits sets a weight of a row: of head −1 it is the average. */
export function isSet(edits, part, layer, head, row, key) {
  return edits.some(
    (edit) =>
      edit[0] === PARTS.indexOf(part) &&
      covers(edit[1], layer) &&
      (head === EVERY || covers(edit[2], head)) &&
      covers(edit[3], row) &&
      edit[4] === key,
  );
}

/** Whether the edits have this one. */
export const hasEdit = (edits, edit) =>
  edits.some((other) => other.every((number, i) => number === edit[i]));

/** The edits with one more, which stands in place of an older one of the same weight. */
export function withEdit(edits, edit) {
  const same = (other) => other.slice(0, 5).every((number, i) => number === edit[i]);
  return [...edits.filter((other) => !same(other)), edit].slice(-MOST);
}

/** Whether something read from outside is a list of edits for a model of that shape. */
export function areEdits(value, { layers, heads }) {
  const below = (number, end) => Number.isInteger(number) && number >= EVERY && number < end;
  return (
    Array.isArray(value) &&
    value.length <= MOST &&
    value.every((edit) => {
      if (!Array.isArray(edit) || edit.length !== 6) return false;
      const [part, layer, head, row, key, weight] = edit;
      return (
        below(part, PARTS.length) &&
        below(layer, layers) &&
        below(head, heads) &&
        below(row, 1000) &&
        below(key, 1000) &&
        Math.min(part, key) >= 0 &&
        Number.isFinite(weight) &&
        weight >= 0 &&
        weight <= 1
      );
    })
  );
}
