// Beam search as in course/translation/beam.py: the `width` likeliest beginnings live on, not one.

import { longest } from "./transformer.js";

/** lp = (5 + |Y|)^α / (5 + 1)^α */
export const lengthPenalty = (length, alpha) => ((5 + length) / 6) ** alpha;

/** Translations of one sentence, the best by log P / lp first: [{ words, logP, ended, score }]. The
    words are numbers, without the end. */
export function beamSearch(
  model,
  source,
  { bos, eos, off = {}, edit = null, encoded = null, width = 4, alpha = 0.6 },
) {
  const memory = encoded ?? model.encode(source, off, edit);
  let beam = [{ words: [bos], logP: 0, state: model.start() }];
  const found = [];
  for (let left = longest(source); left > 0 && beam.length > 0; left--) {
    const next = beam.map(({ words, logP, state }) => {
      const { logits } = model.step(words.at(-1), memory, state, off, edit);
      return logSoftmax(logits).map((one) => logP + one);
    });
    const grown = likeliest(next, width - found.length).map(({ parent, word, logP }) => ({
      words: [...beam[parent].words, word],
      logP,
      state: copied(beam[parent].state),
    }));
    found.push(...grown.filter(({ words }) => words.at(-1) === eos));
    beam = grown.filter(({ words }) => words.at(-1) !== eos);
  }
  return [...found, ...beam].map((one) => told(one, eos, alpha)).sort(better);
}

/** The best `count` of all next words of all beginnings. */
function likeliest(rows, count) {
  const best = [];
  rows.forEach((row, parent) => {
    row.forEach((logP, word) => {
      if (best.length === count && logP <= best.at(-1).logP) return;
      const place = best.findIndex((other) => logP > other.logP);
      best.splice(place < 0 ? best.length : place, 0, { parent, word, logP });
      best.splice(count);
    });
  });
  return best;
}

const copied = ({ place, caches }) => ({ place, caches: caches.map((rows) => [...rows]) });

function told({ words, logP }, eos, alpha) {
  const ended = words.at(-1) === eos;
  const length = words.length - 1; // without the start; the end counts as a word
  return {
    words: words.slice(1, ended ? -1 : undefined),
    logP,
    ended,
    score: logP / lengthPenalty(length, alpha),
  };
}

const better = (a, b) => b.ended - a.ended || b.score - a.score;

function logSoftmax(logits) {
  const highest = Math.max(...logits);
  const total = logits.reduce((sum, logit) => sum + Math.exp(logit - highest), 0);
  return logits.map((logit) => logit - highest - Math.log(total));
}
