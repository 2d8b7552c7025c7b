// The tour's steps up the English side: from words to vectors, and through the encoder's layers.

import { argmax } from "./math.js";
import { say } from "./say.js";
import { textOf } from "./sentence.js";
import { fits, pairs, places, shares } from "./tour_bars.js";
import {
  added,
  answer,
  hidden,
  mixed,
  normed,
  output,
  projected,
  score,
  sizeOf,
  vector,
  weight,
  write,
} from "./tour_lines.js";
import { learned, listed } from "./tour_numbers.js";

const self = ({ trace }) => trace.encoder[0].self;
const forward = ({ trace }) => trace.encoder[0].forward;
const second = ({ trace }) => trace.encoder.at(-1);
const told = ({ english, word, key }) => [english[word], english[key]];
const weights = (now) => self(now).weights[now.head][now.word];
const query = (now) =>
  projected(now, "query", now.word, say("query of {word}", { word: now.english[now.word] }));
const each = (now, line) => now.english.map((word, i) => line(word, i));
const scoreOf = (now) => score(now, self(now), now.word, now.key, told(now));
const weightOf = (now) => weight(now, self(now), now.word, now.key, now.english);

export const ENCODER = [
  {
    at: "english",
    title: say("A sentence goes in"),
    says: ({ english, written }) =>
      say(
        "“{english}” is to become “{french}”. Up the left side of the map the English words learn of each other, up the right side the French sentence grows word by word. Every number is computed here, by the trained model in this page. Below, beside each French word: the English one that it looks at most.",
        { english: english.join(" "), french: textOf(written) },
      ),
    bars: pairs,
    others: (now) => [{ line: "learned", of: () => learned(now) }],
  },
  {
    at: "english",
    title: say("Words are numbers"),
    asks: ["word"],
    says: ({ english, word, source, list }) =>
      say(
        "The model knows {count} English words and signs by their places in a list. “{word}” is number {number}. That says nothing of what the word means: it is a line in a table.",
        { count: list.length, word: english[word], number: source[word] },
      ),
    bars: places,
    others: (now) => [{ line: "listed", of: () => listed(now) }],
  },
  {
    at: "vectors",
    title: say("Numbers become vectors"),
    asks: ["word"],
    says: ({ english, word, trace }) =>
      say(
        "That line of the table has {count} numbers, learned in training. They are multiplied by √{count}, and a wave that tells the place is added: the same word elsewhere is another vector. Below is each word as it goes in; choose a number of “{word}”.",
        { count: trace.english[0].length, word: english[word] },
      ),
    strips: (now) => each(now, (word, i) => vector(now, "source", i, word, { word: i })),
  },
  {
    at: "encoder.0",
    title: say("A query, and keys"),
    asks: ["word", "key", "head"],
    says: ({ english, word, head }) =>
      say(
        "In head {head} of the first layer, “{word}” asks: its vector times a matrix is its query. Every word also says what it can be found by: its vector times another matrix is its key.",
        { head, word: english[word] },
      ),
    strips: (now) => [
      query(now),
      ...each(now, (word, i) => projected(now, "key", i, word, { key: i })),
    ],
  },
  {
    at: "encoder.0",
    title: say("q · k: how well do they fit?"),
    asks: ["word", "key", "head"],
    says: (now) =>
      say(
        "The query is multiplied with each key, number by number; the sum, divided by √{size}, is the score. “{word}” and “{key}” have {score}.",
        {
          size: sizeOf(now),
          word: now.english[now.word],
          key: now.english[now.key],
          score: write(self(now).scores[now.head][now.word][now.key]),
        },
      ),
    strips: (now) => [
      query(now),
      projected(now, "key", now.key, say("key of {word}", { word: now.english[now.key] })),
    ],
    bars: (now) => fits(now.english, self(now).scores[now.head][now.word], now.key),
    others: (now) => [scoreOf(now)],
  },
  {
    at: "encoder.0",
    title: say("Softmax: shares of one"),
    asks: ["word", "key", "head"],
    says: (now) =>
      say(
        "e to the power of each score, divided by the sum of all: so every word gets a share, and the shares sum to 1. “{word}” looks most at “{best}”.",
        { word: now.english[now.word], best: now.english[argmax(weights(now))] },
      ),
    bars: (now) => shares(now.english, weights(now), now.key),
    others: (now) => [weightOf(now), scoreOf(now)],
  },
  {
    at: "encoder.0",
    title: say("The weighted sum"),
    asks: ["word", "key", "head"],
    first: "mixed",
    says: ({ english, word }) =>
      say(
        "A third matrix has made a value from each word: what it has to say. They are summed, each as much as its weight. The sum is what “{word}” takes along from this head.",
        { word: english[word] },
      ),
    strips: (now) => [
      ...each(now, (word, i) => projected(now, "value", i, word, { key: i })),
      mixed(now),
    ],
  },
  {
    at: "encoder.0",
    title: say("Four heads at once"),
    asks: ["word", "head"],
    first: "output",
    apart: true,
    says: ({ english, word, head, heads }) =>
      say(
        "All this has happened {heads} times, with matrices of their own: each head may look elsewhere. Their sums stand in a row, and one more matrix mixes them. You see head {head} of “{word}”.",
        { heads, head, word: english[word] },
      ),
    strips: (now) => [mixed(now, true), output(now)],
    bars: (now) => shares(now.english, weights(now), null),
  },
  {
    at: "encoder.0",
    title: say("Added and evened out"),
    asks: ["word"],
    first: "normed",
    says: ({ english, word }) =>
      say(
        "The output y is added to the vector x of “{word}”, so nothing is lost. Then the layer norm evens the sum out: it takes the mean of all from each number and divides by their spread; a weight and a bias, both learned, follow.",
        { word: english[word] },
      ),
    strips: (now) => [
      vector(now, "source", now.word, say("vector x")),
      output(now),
      added(now, self(now), ["x", "y"]),
      normed(now, self(now), "z", say("evened out z")),
    ],
  },
  {
    at: "encoder.0",
    title: say("Thought over"),
    asks: ["word"],
    first: "hidden",
    says: (now) =>
      say(
        "The feed-forward network works on “{word}” alone. A matrix widens z to {wide} numbers, and those below 0 become 0; a second matrix makes the answer of them. It is added and evened out as before. That was one layer.",
        { word: now.english[now.word], wide: forward(now).hidden[0].length },
      ),
    strips: (now) => [
      normed(now, self(now), "z", say("evened out z")),
      hidden(now, forward(now)),
      answer(now, forward(now)),
      added(now, forward(now), ["z", "a"]),
      { ...normed(now, forward(now), "x′", say("next x")), line: "next" },
    ],
  },
  {
    at: "encoder.1",
    title: say("And again: the second layer"),
    asks: ["word", "key", "head"],
    first: "next",
    says: (now) => {
      const row = second(now).self.weights[now.head][now.word];
      return say(
        "The second layer does the same, with matrices of its own, on vectors that know their neighbors already. In head {head}, “{word}” now looks most at “{best}”. What leaves it here is what the French side looks at.",
        { head: now.head, word: now.english[now.word], best: now.english[argmax(row)] },
      );
    },
    strips: (now) => [
      { ...normed(now, second(now).forward, "x″", say("after layer 1")), line: "next" },
    ],
    bars: (now) => shares(now.english, second(now).self.weights[now.head][now.word], now.key),
    others: (now) => [weight(now, second(now).self, now.word, now.key, now.english)],
  },
];
