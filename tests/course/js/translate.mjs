// Translates with the page's own Transformer: node translate.mjs STATIC FILE '{"shape", "sentences", "specials"}'.

import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const [folder, file, question] = process.argv.slice(2);
const from = (name) => import(pathToFileURL(`${folder}/${name}`));
const { readSafetensors } = await from("safetensors.js");
const { transformer, translate } = await from("transformer.js");

const { shape, sentences, specials } = JSON.parse(question);
const model = transformer(readSafetensors(new Uint8Array(readFileSync(file))), shape);
console.log(JSON.stringify(sentences.map((source) => translate(model, source, specials))));
