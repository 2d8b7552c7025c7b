// What the zoo's types are called, what they change and how far they are from their oracle, in words.

import { say } from "./say.js";

/** Families and kinds of pictures, as a reader knows them. */
const NAMES = {
  scores: say("scores"),
  structure: say("structure"),
  "masks and biases": say("masks and biases"),
  positions: say("positions"),
  "exact and faster": say("exact and faster"),
  "linear and approximate": say("linear and approximate"),
  sparse: say("sparse"),
  "vision, graphs and sets": say("vision, graphs and sets"),
  "probability maps": say("probability maps"),
  weights: say("weights"),
  "share of values": say("share of values"),
  reach: say("reach"),
  "reach of pixels": say("reach of pixels"),
};
export const called = (name) => NAMES[name] ?? name;

/** Which part a type changes: of a card, and of what is asked for. */
export const CHANGED = {
  score: [say("the score"), say("changes the score")],
  mask: [say("the mask"), say("changes the mask")],
  normalize: [say("the normalize"), say("changes the normalize")],
  structure: [say("the structure"), say("changes the structure")],
  state: [say("the state"), say("changes the state")],
  route: [say("nothing: another route"), say("changes the route")],
};

/** How far ours is from theirs, in words. */
export const apart = (difference) =>
  difference === 0
    ? say("the same")
    : say("apart by at most {difference}", { difference: power(difference) });

const SUPERSCRIPT = "⁰¹²³⁴⁵⁶⁷⁸⁹";

function power(number) {
  const [digit, exponent] = number.toExponential(0).split("e");
  const places = [...String(Math.abs(exponent))].map((place) => SUPERSCRIPT[place]).join("");
  return `${digit}\u00a0·\u00a010${exponent < 0 ? "⁻" : ""}${places}`;
}

/** A text in pieces [tag, text]: what follows _ or ^ after a letter of its own is "sub" or "sup". */
export function pieces(text) {
  const parts = text.split(/(?<=(?<![\p{L}_])\p{L})([_^])([A-Za-z]+)/u);
  return parts.flatMap((part, i) => {
    if (i % 3 === 1) return [];
    return [[i % 3 === 0 ? "" : parts[i - 1] === "_" ? "sub" : "sup", part]];
  });
}
