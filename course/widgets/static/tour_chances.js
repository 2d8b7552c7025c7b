// The tour's last numbers: logits and chances of the next French word, and of the whole sentence.

import { argmax, softmax } from "./math.js";
import { say } from "./say.js";
import { alone } from "./tour_lines.js";
import { chance, product, sumOf } from "./tour_numbers.js";

/** The likeliest next word, and the chance of it, after the French word at a place. */
export function next({ trace, name }, place) {
  const chances = softmax([...trace.logits[place]]);
  const best = argmax(chances);
  return { best, word: name(best), chance: chances[best], chances };
}

export function chanceOf(now) {
  const { word, chance: value } = next(now, now.place);
  return alone("chance", () =>
    chance(say("chance of “{word}”", { word }), value, now.trace.logits[now.place], now.name),
  );
}

export function logitOf(now) {
  const { best, word } = next(now, now.place);
  const { data, shape } = now.tensors["target_embedding.table"];
  const last = now.trace.decoder.at(-1).forward.normed[now.place];
  return alone("logit", () =>
    sumOf(
      say("logit of “{word}”", { word }),
      now.trace.logits[now.place][best],
      Array.from(last, (x, i) => [`${i}`, data[best * shape[1] + i], x]),
      say("table"),
      "x",
    ),
  );
}

/** The chance of the whole sentence. */
export function whole(now) {
  const terms = now.french
    .map((_, place) => next(now, place))
    .map(({ word, chance: one }) => [word, one, 1]);
  const value = Math.exp(terms.reduce((sum, [, one]) => sum + Math.log(one), 0));
  return alone("whole", () => product(say("chance of the whole sentence"), value, terms));
}
