// Translates with the page's own functions: node own_text.mjs STATIC FILE '{"shape", "specials", "cases"}'.

import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const [folder, file, question] = process.argv.slice(2);
const from = (name) => import(pathToFileURL(`${folder}/${name}`));
const { readSafetensors } = await from("safetensors.js");
const { transformer, writing } = await from("transformer.js");
const { translated } = await from("translating.js");

const { shape, specials, cases } = JSON.parse(question);
const model = transformer(readSafetensors(new Uint8Array(readFileSync(file))), shape);

/** A case says what is wanted: every logit of greedy search, or what the widget makes of a sentence. */
function answer({ source, logits, ...how }) {
  if (!logits) return translated(model, source, { specials, width: 1, off: {}, edits: [], ...how });
  return [...writing(model, source, specials)].map((step) => ({
    word: step.word,
    logits: logits === "all" ? [...step.logits] : null,
  }));
}
console.log(JSON.stringify(cases.map(answer)));
