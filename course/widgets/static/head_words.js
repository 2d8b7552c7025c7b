// What the head explorer says: a layer's name, a piece as it can be seen, where a head looks.

import { digits } from "./dom.js";
import { argmax } from "./math.js";
import { say } from "./say.js";

const LETTERS = 11; // of a piece

/** A piece as it is shown: its spaces and line ends can be seen, and it is not long. */
export function visible(piece) {
  const shown = piece.replaceAll(" ", "␣").replaceAll("\n", "↵");
  return shown.length > LETTERS ? `${shown.slice(0, LETTERS - 1)}…` : shown;
}

/** What the picture shows, in words. */
export function describe({ name, head, value, score, query, key, weight }) {
  const scored = say(
    value === null
      ? "{name}, head {head}: has no {score} score."
      : "{name}, head {head}: {score} {value}.",
    { name, head, score, value: digits(value ?? 0) },
  );
  const looking = say("“{query}” looks most at “{key}”, with {weight}.", {
    query: visible(query),
    key: visible(key),
    weight: digits(weight),
  });
  return `${scored} ${looking}`;
}

/** What `describe` says of a state. */
export function saidOf({ name, layer, head, score, scores, from, to, row, map, long, heaviest }) {
  const weights = long ? heaviest.map(([, weight]) => weight) : map[row];
  const best = weights.length ? argmax(weights) : null;
  const place = best === null ? 0 : long ? heaviest[best][0] : best;
  return {
    name: layerName(name, layer),
    head,
    value: scores[layer][head],
    score,
    query: from[row],
    key: to[place],
    weight: best === null ? 0 : weights[best],
  };
}

/** "layer 3" of a plain stack; where there are several kinds, the layer's own name. */
export function layerName(name, layer) {
  return /(encoder|decoder|cross)/i.test(name) && !/^bert|^encoder\.layer\./.test(name)
    ? name.replaceAll("_", " ")
    : say("Layer {layer}", { layer });
}
