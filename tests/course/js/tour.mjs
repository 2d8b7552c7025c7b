// The tour's numbers: node tour.mjs STATIC FILE '{"shape", "specials", "list", "cases"}'. A case is a sentence
// and what is followed in it; the answer has every weight on the way, and every number beside what its terms
// come to.

import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const [folder, file, question] = process.argv.slice(2);
const from = (name) => import(pathToFileURL(`${folder}/${name}`));
const { readSafetensors } = await from("safetensors.js");
const { guide } = await from("tour.js");
const { STEPS, shownIn } = await from("tour_steps.js");

const { shape, specials, list, cases } = JSON.parse(question);
const follow = guide(readSafetensors(new Uint8Array(readFileSync(file))), shape);

function answer({ source, ...chosen }) {
  const seen = follow(source, specials);
  const english = source.map((word) => `e${word}`);
  const french = seen.target.map((word) => `f${word}`);
  const name = (word) => `f${word}`;
  const now = {
    ...seen,
    ...{ english, french, name, list },
    written: french.slice(1),
    heads: shape.heads,
    ...chosen,
  };
  const { encoder, decoder, logits } = seen.trace;
  return {
    target: seen.target,
    encoder: encoder.map(({ self }) => self.weights),
    self: decoder.map(({ self }) => self.weights),
    cross: decoder.map(({ cross }) => cross.weights),
    logits: logits.map((row) => [...row]),
    numbers: STEPS.map((step) => numbersOf(step, now)),
    drawn: STEPS.map((step) => [
      step.says(now).length,
      step.strips?.(now).length ?? 0,
      step.bars?.(now).length ?? 0,
    ]),
  };
}

/** Of each line of a step that may be chosen, a number and what it is worked out to. */
function numbersOf(step, now) {
  const { lines } = shownIn(step, { ...now, line: "" });
  return Object.fromEntries(
    lines.map(({ line }) => {
      const { followed } = shownIn(step, { ...now, line });
      const { value, terms, come } = followed.of(now.number);
      const drawn = followed.numbers?.[now.number] ?? null;
      return [line, { value, drawn, worked: come(terms), terms: terms.length }];
    }),
  );
}
console.log(JSON.stringify(cases.map(answer)));
