// What the translator writes for a sentence, greedy or by beam, with every weight on the way.

import { beamSearch } from "./beam.js";
import { editor, PARTS } from "./edits.js";
import { ofHead } from "./math.js";
import { writing } from "./transformer.js";

const SHOWN = 4; // of the words that might have come

/** { steps, encoder, beam }: a step for each word written, the end included, { word, top, self,
    cross }, with the likeliest words and their chances; the encoder's weights,
    [layer][row][head]; and, where `width` is above 1, the translations that the beam found. */
export function translated(network, source, { specials, width, off, edits }) {
  const edit = editor(edits);
  const encoded = network.encode(source, off, edit);
  const how = { ...specials, off, edit, encoded };
  const beam = width > 1 ? beamSearch(network, source, { ...how, width }) : null;
  const steps = beam ? reading(network, beam[0], how) : [...writing(network, source, how)];
  return {
    steps: steps.map(({ word, logits, self, cross }) => ({
      word,
      top: likeliest(logits),
      self,
      cross,
    })),
    encoder: encoded.maps,
    beam,
  };
}

/** The steps of a translation that is known already. */
function reading(network, { words, ended }, { bos, eos, off, edit, encoded }) {
  const state = network.start();
  let last = bos;
  return (ended ? [...words, eos] : words).map((word) => {
    const seen = network.step(last, encoded, state, off, edit);
    last = word;
    return { word, ...seen };
  });
}

/** The likeliest next words as [word, chance], the likeliest first. */
function likeliest(logits) {
  const best = [];
  logits.forEach((score, word) => {
    if (best.length === SHOWN && score <= logits[best.at(-1)]) return;
    const place = best.findIndex((other) => score > logits[other]);
    best.splice(place < 0 ? best.length : place, 0, word);
    best.length = Math.min(best.length, SHOWN);
  });
  const all = logits.reduce((sum, score) => sum + Math.exp(score - logits[best[0]]), 0);
  return best.map((word) => [word, Math.exp(logits[word] - logits[best[0]]) / all]);
}

/** The weights of one word in one part: of a head from 1, or (0) averaged over all. `place` counts
    the English words in the encoder, the French ones as they are written elsewhere. */
export function weightsOf({ steps, encoder }, part, layer, head, place) {
  const rows = part === "encoder" ? encoder[layer][place] : steps[place][OF[part]][layer];
  return ofHead(rows, head);
}

const OF = { cross: "cross", decoder: "self" };

/** An edit of a shown weight. `scope` says where it holds: 0 for this word, layer and head, 1 for
    every word, 2 everywhere in its part. */
export function editOf(part, { layer, head, place, scope }, key, weight) {
  const here = scope === 2 ? [-1, -1, -1] : [layer, head - 1, scope === 1 ? -1 : place];
  return [PARTS.indexOf(part), ...here, key, weight];
}
