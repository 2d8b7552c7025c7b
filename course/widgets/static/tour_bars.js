// Bars of the tour: { label, share, text, chosen }, a share from 0 to 1.

import { argmax, mean } from "./math.js";
import { say } from "./say.js";
import { next } from "./tour_chances.js";
import { write } from "./tour_lines.js";

/** A bar for each weight. */
export const shares = (labels, weights, chosen) =>
  labels.map((label, i) => ({
    label,
    share: weights[i],
    text: write(weights[i]),
    chosen: i === chosen,
  }));

/** A bar for each score, the longest for the furthest from 0; none for what is below. */
export function fits(labels, scores, chosen) {
  const most = Math.max(...scores.map(Math.abs));
  return shares(labels, scores, chosen).map((bar) => ({
    ...bar,
    share: Math.max(0, bar.share / most),
  }));
}

/** The same of a row that ends before the words do: those ahead are not seen. */
export const lookingBack = (labels, weights, chosen) => [
  ...shares(labels.slice(0, weights.length), weights, chosen),
  ...labels.slice(weights.length).map((label) => ({ label, share: 0, text: say("not seen") })),
];

/** How far down the list of words each word stands. */
export const places = ({ english, source, word, list }) =>
  english.map((label, i) => ({
    label,
    share: source[i] / list.length,
    text: `${source[i]}`,
    chosen: i === word,
  }));

/** Beside each French word the English one at which all heads of the last layer together look most. */
export function pairs(now) {
  const { weights } = now.trace.decoder.at(-1).cross;
  return now.written.map((label, place) => {
    const row = now.english.map((_, j) => mean(weights.map((head) => head[place][j])));
    const best = argmax(row);
    return { label, share: row[best], text: now.english[best] };
  });
}

/** The likeliest next words. */
export function likeliest(now) {
  const { chances } = next(now, now.place);
  const order = chances.map((_, i) => i).sort((a, b) => chances[b] - chances[a]);
  return order.slice(0, 6).map((word) => ({
    label: now.name(word),
    share: chances[word],
    text: write(chances[word]),
  }));
}

/** After each French word the next one, with its chance. */
export const onward = (now) =>
  now.french.map((label, i) => {
    const { word, chance } = next(now, i);
    return { label: `${label} →`, share: chance, text: word, chosen: i === now.place };
  });
