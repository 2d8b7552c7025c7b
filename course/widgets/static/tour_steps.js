// The tour's steps, as data: where on the map, what is said, what is drawn, and what can be followed.
//
// Each is { at, title, asks, first, apart, says(now), strips(now), bars(now), others(now) }; what a step
// lacks is not drawn. `asks` names the menus below the text; `strips` are lines (tour_lines.js) with their
// numbers, `others` single ones; `first` is the line followed where the reader has chosen none that is
// here; the strips of a step that stand `apart` do not go number by number.
// `now` is { trace, tensors, source, target, english, french: words, word, key, head, place, past, number,
// line, list: all English words, name(French number), written: the French sentence }.

import { DECODER } from "./tour_decoder.js";
import { ENCODER } from "./tour_encoder.js";

export const STEPS = [...ENCODER, ...DECODER];

/** What a step shows: its strips, all that can be followed in it by `line`, and the one that is. */
export function shownIn(step, now) {
  const strips = step.strips?.(now) ?? [];
  const all = [...(step.others?.(now) ?? []), ...strips];
  const named = (wanted) => all.filter(({ line }) => line === wanted);
  const followed = [named(now.line), named(step.first), all].find((found) => found.length > 0);
  const chosen = ({ picks = {} }) => Object.entries(picks).every(([key, at]) => now[key] === at);
  return {
    strips,
    lines: [...new Map(all.map((one) => [one.line, one])).values()],
    followed: followed.find(chosen) ?? followed[0],
  };
}
