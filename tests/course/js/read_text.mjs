// Reads texts with the page's own GPT: node read_text.mjs STATIC FILE '{"shape", "texts"}' (texts as numbers).

import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const [folder, file, question] = process.argv.slice(2);
const from = (name) => import(pathToFileURL(`${folder}/${name}`));
const { readSafetensors } = await from("safetensors.js");
const { gpt } = await from("gpt.js");

const { shape, texts } = JSON.parse(question);
const model = gpt(readSafetensors(new Uint8Array(readFileSync(file))), shape);
const read = (tokens) => {
  const caches = model.start();
  let seen;
  for (const token of tokens) seen = model.read(token, caches);
  return { logits: [...seen.logits], maps: seen.maps };
};
console.log(JSON.stringify(texts.map(read)));
