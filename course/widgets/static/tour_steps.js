// The tour's steps, as data: where on the map, what is said, what is drawn, and one number's way.
//
// Each is { at, title, says(now), strips(now), bars(now), number(now) }; what a step lacks is not drawn.
// `now` is { trace, tensors, source, target, english, french: words, word, key, head, place, number }.

import { digits } from "./dom.js";
import { argmax, softmax, sum } from "./math.js";
import { say } from "./say.js";
import { textOf } from "./sentence.js";
import { embedding, product, total } from "./tour_trace.js";

const first = ({ trace }) => trace.encoder[0].self;
const last = ({ trace }) => trace.decoder.at(-1);
const within = (row, { trace, head, heads }) => {
  const size = trace.english[0].length / heads;
  return row.subarray(head * size, (head + 1) * size);
};
const placeIn = (now) => now.head * (now.trace.english[0].length / now.heads) + now.number;
const named = (label, kind, numbers, chosen = false) => ({ label, kind, numbers, chosen });
const each = (words, rows, kind, chosen, now) =>
  words.map((word, i) => named(word, kind, now ? within(rows[i], now) : rows[i], i === chosen));
const shares = (labels, weights, chosen) =>
  labels.map((label, i) => ({
    label,
    share: weights[i],
    text: digits(weights[i], 3),
    chosen: i === chosen,
  }));
const write = (number) => digits(number, 3);

export const STEPS = [
  {
    at: "english",
    title: say("A sentence goes in"),
    says: ({ english, written }) =>
      say(
        "“{english}” is to become “{french}”. The map shows the way: up the left side the English words learn of each other, up the right side the French sentence grows word by word. Every number on the way is computed here, by the trained model in this page.",
        { english: english.join(" "), french: textOf(written) },
      ),
  },
  {
    at: "english",
    title: say("Words are numbers"),
    says: ({ english, word, source, tensors }) =>
      say(
        "The model knows {count} English words and signs by their places in a list. “{word}” is number {number}. That says nothing of what the word means: it is a line in a table.",
        { count: linesOf(tensors, "source"), word: english[word], number: source[word] },
      ),
    bars: ({ english, source, word }) =>
      english.map((label, i) => ({ label, share: 0, text: `${source[i]}`, chosen: i === word })),
  },
  {
    at: "vectors",
    title: say("Numbers become vectors"),
    says: ({ english, word, trace }) =>
      say(
        "That line of the table has {count} numbers, learned in training. They are multiplied by √{count}, and a wave that tells the place is added: the same word elsewhere is another vector. Below is each word as it goes in; choose a number of “{word}”.",
        { count: trace.english[0].length, word: english[word] },
      ),
    strips: (now) => each(now.english, now.trace.english, "ink", now.word),
    number: (now) => ({
      name: numberOf("x", now),
      terms: embedding(now.tensors, "source", now.source[now.word], now.word, now.number),
      value: now.trace.english[now.word][now.number],
    }),
  },
  {
    at: "encoder.0",
    title: say("A query, and keys"),
    says: ({ english, word, head }) =>
      say(
        "In head {head} of the first layer, “{word}” asks: its vector times a matrix is its query. Every word also says what it can be found by: its vector times another matrix is its key.",
        { head, word: english[word] },
      ),
    strips: (now) => [
      named(queryOf(now), "query", within(first(now).query[now.word], now), true),
      ...each(now.english, first(now).key, "key", now.key, now),
    ],
    number: (now) => ({
      name: numberOf("q", now),
      terms: product(
        now.tensors,
        `${first(now).name}.query`,
        now.trace.english[now.word],
        placeIn(now),
      ),
      value: first(now).query[now.word][placeIn(now)],
      letters: ["W", "x"],
    }),
  },
  {
    at: "encoder.0",
    title: say("q · k: how well do they fit?"),
    says: (now) =>
      say(
        "The query is multiplied with each key, number by number; the sum, divided by √{size}, is the score. “{word}” and “{key}” have {score}.",
        {
          size: sizeOf(now),
          word: now.english[now.word],
          key: now.english[now.key],
          score: write(first(now).scores[now.head][now.word][now.key]),
        },
      ),
    strips: (now) => [
      named(queryOf(now), "query", within(first(now).query[now.word], now)),
      named(
        say("key of {word}", { word: now.english[now.key] }),
        "key",
        within(first(now).key[now.key], now),
        true,
      ),
    ],
    bars: (now) => {
      const scores = first(now).scores[now.head][now.word];
      const most = Math.max(...scores.map(Math.abs));
      return now.english.map((label, i) => ({
        label,
        share: Math.max(0, scores[i] / most),
        text: write(scores[i]),
        chosen: i === now.key,
      }));
    },
    number: (now) => {
      const [query, key] = [first(now).query[now.word], first(now).key[now.key]];
      const pairs = Array.from(within(query, now), (q, i) => [`${i}`, q, within(key, now)[i]]);
      return {
        name: scoreOf(now.english[now.word], now.english[now.key]),
        terms: pairs,
        value: first(now).scores[now.head][now.word][now.key],
        letters: ["q", "k"],
        after: `÷ √${sizeOf(now)}`,
      };
    },
  },
  {
    at: "encoder.0",
    title: say("Softmax: shares of one"),
    says: (now) =>
      say(
        "e to the power of each score, divided by the sum of all: so every word gets a share, and the shares sum to 1. “{word}” looks most at “{best}”.",
        {
          word: now.english[now.word],
          best: now.english[argmax(first(now).weights[now.head][now.word])],
        },
      ),
    bars: (now) => shares(now.english, first(now).weights[now.head][now.word], now.key),
    number: (now) => {
      const scores = first(now).scores[now.head][now.word];
      const powers = scores.map((score) => Math.exp(score));
      return {
        name: say("weight of “{word}”", { word: now.english[now.key] }),
        terms: now.english.map((word, i) => [
          say("{word}: e^{score}", { word, score: write(scores[i]) }),
          powers[i],
          1,
        ]),
        value: first(now).weights[now.head][now.word][now.key],
        way: say("{power} ÷ {sum}, the sum of all", {
          power: write(powers[now.key]),
          sum: write(sum(powers)),
        }),
        shareOf: now.key,
      };
    },
  },
  {
    at: "encoder.0",
    title: say("The weighted sum"),
    says: ({ english, word }) =>
      say(
        "A third matrix has made a value from each word: what it has to say. They are summed, each as much as its weight. The sum is what “{word}” takes along from this head.",
        { word: english[word] },
      ),
    strips: (now) => [
      ...each(now.english, first(now).value, "value", now.key, now),
      named(say("weighted sum"), "weight", within(first(now).mixed[now.word], now)),
    ],
    number: (now) => ({
      name: numberOf("o", now),
      terms: now.english.map((label, i) => [
        label,
        first(now).weights[now.head][now.word][i],
        within(first(now).value[i], now)[now.number],
      ]),
      value: first(now).mixed[now.word][placeIn(now)],
      letters: ["w", "v"],
    }),
  },
  {
    at: "encoder.0",
    title: say("Four heads at once"),
    says: ({ english, word, head, heads }) =>
      say(
        "All this has happened {heads} times, with matrices of their own: each head may look elsewhere. Their sums stand in a row, and one more matrix mixes them. You see head {head} of “{word}”.",
        { heads, head, word: english[word] },
      ),
    strips: (now) => [
      named(say("four sums in a row"), "weight", first(now).mixed[now.word]),
      named(say("output"), "ink", first(now).output[now.word], true),
    ],
    bars: (now) => shares(now.english, first(now).weights[now.head][now.word], null),
    number: (now) => ({
      name: say("number {number} of the output", { number: now.number }),
      terms: product(
        now.tensors,
        `${first(now).name}.output`,
        first(now).mixed[now.word],
        now.number,
      ),
      value: first(now).output[now.word][now.number],
      letters: ["W", "o"],
    }),
  },
  {
    at: "encoder.0",
    title: say("Added, evened out, thought over"),
    says: ({ english, word }) =>
      say(
        "The output is added to the vector of “{word}”, so nothing is lost; the layer norm brings the sum to mean 0 and spread 1. Then the feed-forward network works on this word alone, and its answer is added in the same way. That was one layer.",
        { word: english[word] },
      ),
    strips: (now) => {
      const { self, forward } = now.trace.encoder[0];
      return [
        named("x", "ink", self.x[now.word]),
        named(say("+ output"), "weight", self.output[now.word]),
        named(say("= sum"), "ink", self.summed[now.word], true),
        named(say("evened out"), "ink", self.normed[now.word]),
        named(say("after the layer"), "ink", forward.normed[now.word]),
      ];
    },
    number: (now) => ({
      name: say("number {number} of the sum", { number: now.number }),
      terms: [
        ["x", 1, first(now).x[now.word][now.number]],
        [say("output"), 1, first(now).output[now.word][now.number]],
      ],
      value: first(now).summed[now.word][now.number],
    }),
  },
  {
    at: "encoder.1",
    title: say("And again: the second layer"),
    says: (now) => {
      const weights = now.trace.encoder.at(-1).self.weights[now.head][now.word];
      return say(
        "The second layer does the same, with matrices of its own, on vectors that know their neighbors already. In head {head}, “{word}” now looks most at “{best}”. What leaves it here is what the French side looks at.",
        { head: now.head, word: now.english[now.word], best: now.english[argmax(weights)] },
      );
    },
    strips: (now) => each(now.english, now.trace.encoder.at(-1).forward.normed, "ink", now.word),
    bars: (now) =>
      shares(now.english, now.trace.encoder.at(-1).self.weights[now.head][now.word], null),
  },
  {
    at: "decoder.0",
    title: say("The French so far looks back"),
    says: ({ french, place }) =>
      say(
        "On the right the French grows. “{word}” was written last: it looks at itself and at what stands before it, never ahead. (The first one is a start sign.)",
        { word: french[place] },
      ),
    bars: (now) =>
      shares(
        now.french.slice(0, now.place + 1),
        now.trace.decoder[0].self.weights[now.head][now.place],
        null,
      ),
  },
  {
    at: "decoder.1",
    title: say("French looks across at English"),
    says: (now) => {
      const weights = last(now).cross.weights[now.head][now.place];
      return say(
        "Cross-attention: the query is French, keys and values are English. After “{word}”, head {head} looks most at “{best}”. The same three steps: q · k, softmax, weighted sum.",
        { word: now.french[now.place], head: now.head, best: now.english[argmax(weights)] },
      );
    },
    bars: (now) => shares(now.english, last(now).cross.weights[now.head][now.place], now.key),
    number: (now) => {
      const { query, key, scores } = last(now).cross;
      const [q, k] = [within(query[now.place], now), within(key[now.key], now)];
      return {
        name: scoreOf(now.french[now.place], now.english[now.key]),
        terms: Array.from(q, (one, i) => [`${i}`, one, k[i]]),
        value: scores[now.head][now.place][now.key],
        letters: ["q", "k"],
        after: `÷ √${sizeOf(now)}`,
      };
    },
  },
  {
    at: "next",
    title: say("The next word"),
    says: (now) => {
      const chances = softmax([...now.trace.logits[now.place]]);
      const best = argmax(chances);
      return say(
        "The last vector is multiplied with each of the {count} lines of the French table: that gives each word its logit. A softmax makes chances of them. After “{word}” comes “{best}”, with {chance}.",
        {
          count: linesOf(now.tensors, "target"),
          word: now.french[now.place],
          best: now.name(best),
          chance: write(chances[best]),
        },
      );
    },
    bars: (now) => {
      const chances = softmax([...now.trace.logits[now.place]]);
      const order = chances.map((_, i) => i).sort((a, b) => chances[b] - chances[a]);
      return order.slice(0, 6).map((word) => ({
        label: now.name(word),
        share: chances[word],
        text: write(chances[word]),
      }));
    },
    number: (now) => {
      const logits = now.trace.logits[now.place];
      const best = argmax(logits);
      const { data, shape } = now.tensors["target_embedding.table"];
      const row = last(now).forward.normed[now.place];
      return {
        name: say("logit of “{word}”", { word: now.name(best) }),
        terms: Array.from(row, (x, i) => [`${i}`, data[best * shape[1] + i], x]),
        value: logits[best],
        letters: [say("table"), "x"],
      };
    },
  },
  {
    at: "french",
    title: say("Read it back in, until the end"),
    says: ({ written }) =>
      say(
        "The word is written down, goes in again below on the right, and the next one comes: until the model writes its end sign. “{french}”. That was all of it. Go back to any place, choose another word, head or sentence, and follow it.",
        { french: textOf(written) },
      ),
    bars: (now) =>
      now.french.map((label, i) => {
        const chances = softmax([...now.trace.logits[i]]);
        const best = argmax(chances);
        return {
          label: `${label} →`,
          share: chances[best],
          text: now.name(best),
          chosen: i === now.place,
        };
      }),
  },
];

const linesOf = (tensors, side) => tensors[`${side}_embedding.table`].shape[0];

const sizeOf = ({ trace, heads }) => trace.english[0].length / heads;

const queryOf = ({ english, word }) => say("query of {word}", { word: english[word] });

const scoreOf = (word, other) => say("score of “{word}” with “{other}”", { word, other });

const numberOf = (letter, { english, word, number }) =>
  say("{letter} of “{word}”", { letter: letter + sub(number), word: english[word] });

const sub = (number) => [...`${number}`].map((digit) => "₀₁₂₃₄₅₆₇₈₉"[digit]).join("");

/** What a number's terms come to, by the way the step says: the number itself, if all is right. */
export function worked(step, now) {
  const { terms, after, shareOf } = step.number(now);
  if (shareOf !== undefined) return terms[shareOf][1] / total(terms);
  return after === undefined ? total(terms) : total(terms) / Math.sqrt(sizeOf(now));
}
