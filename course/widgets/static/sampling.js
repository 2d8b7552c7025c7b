// What may come next: temperature, top-k and top-p as in attnlib/models/sampling.py, and dice.

import { softmax, sum } from "./math.js";

/** The tokens from the likeliest on, the first of equals first: the same at every temperature. */
export const ranked = (logits) => [...logits.keys()].sort((a, b) => logits[b] - logits[a] || a - b);

/** Probabilities after the temperature alone, and after top-k and top-p too (`topK` null: all). */
export function expected(logits, { temperature, topK, topP }, order = ranked(logits)) {
  const before = softmax([...logits], { temperature });
  const last = topK === null ? 0 : before[order[Math.min(topK, order.length) - 1]];
  const likely = order.filter((i) => before[i] >= last);
  const total = sum(likely.map((i) => before[i]));
  const after = before.map(() => 0);
  let held = 0;
  for (const i of likely) {
    if (topP < 1 && held >= topP * total) break;
    after[i] = before[i];
    held += before[i];
  }
  return { before, after: after.map((chance) => chance / held), order };
}

/** The token at which the running sum of the probabilities passes `chance`, from [0, 1). */
export function drawn(probabilities, chance) {
  let running = 0;
  let last = 0;
  for (let i = 0; i < probabilities.length; i++) {
    if (probabilities[i] === 0) continue;
    running += probabilities[i];
    last = i;
    if (running > chance) return i;
  }
  return last;
}

/** Numbers from [0, 1), the same for the same seed (mulberry32). */
export function dice(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
