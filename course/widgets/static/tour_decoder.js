// The tour's steps up the French side: from the words written so far to the next one, and the end.

import { argmax } from "./math.js";
import { say } from "./say.js";
import { textOf } from "./sentence.js";
import { likeliest, lookingBack, onward, shares } from "./tour_bars.js";
import { chanceOf, logitOf, next, whole } from "./tour_chances.js";
import { score, vector, weight, write } from "./tour_lines.js";

const back = ({ trace }) => trace.decoder[0].self;
const across = ({ trace }) => trace.decoder.at(-1).cross;
/** The weight and the score of one of `words` for the French word, in an attention. */
const looks = (now, attention, at, words) => [
  weight(now, attention, now.place, at, words),
  score(now, attention, now.place, at, [now.french[now.place], words[at]]),
];

export const DECODER = [
  {
    at: "decoder.0",
    title: say("The French so far looks back"),
    asks: ["place", "past", "head"],
    says: ({ french, place }) =>
      say(
        "On the right the French grows. “{word}” was written last: it looks at itself and at what stands before it, never ahead. (The first one is a start sign.)",
        { word: french[place] },
      ),
    bars: (now) => lookingBack(now.french, back(now).weights[now.head][now.place], now.past),
    others: (now) => looks(now, back(now), now.past, now.french),
  },
  {
    at: "decoder.1",
    title: say("French looks across at English"),
    asks: ["place", "key", "head"],
    says: (now) => {
      const row = across(now).weights[now.head][now.place];
      return say(
        "Cross-attention: the query is French, keys and values are English. After “{word}”, head {head} looks most at “{best}”. The same three steps: q · k, softmax, weighted sum.",
        { word: now.french[now.place], head: now.head, best: now.english[argmax(row)] },
      );
    },
    bars: (now) => shares(now.english, across(now).weights[now.head][now.place], now.key),
    others: (now) => looks(now, across(now), now.key, now.english),
  },
  {
    at: "next",
    title: say("The next word"),
    asks: ["place"],
    says: (now) => {
      const { word, chance } = next(now, now.place);
      return say(
        "The last vector is multiplied with each of the {count} lines of the French table: that gives each word its logit. A softmax makes chances of them. After “{word}” comes “{best}”, with {chance}.",
        {
          count: now.trace.logits[0].length,
          word: now.french[now.place],
          best: word,
          chance: write(chance),
        },
      );
    },
    bars: likeliest,
    others: (now) => [chanceOf(now), logitOf(now)],
  },
  {
    at: "french",
    title: say("Read it back in, until the end"),
    asks: ["place"],
    says: ({ written }) =>
      say(
        "The word is written down, goes in again below on the right as a vector, and the next one comes: until the model writes its end sign. “{french}”. That was all of it. Go back to any place, choose another word, head or sentence, and follow it.",
        { french: textOf(written) },
      ),
    strips: (now) => [
      vector(now, "target", now.place, say("vector of {word}", { word: now.french[now.place] })),
    ],
    bars: onward,
    others: (now) => [whole(now)],
  },
];
