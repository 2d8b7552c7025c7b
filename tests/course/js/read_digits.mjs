// Reads pictures with the page's own ViT: node read_digits.mjs STATIC FILE '{"shape", "pictures"}'.

import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const [folder, file, question] = process.argv.slice(2);
const from = (name) => import(pathToFileURL(`${folder}/${name}`));
const { readSafetensors } = await from("safetensors.js");
const { vit } = await from("vit.js");

const { shape, pictures } = JSON.parse(question);
const read = vit(readSafetensors(new Uint8Array(readFileSync(file))), shape);
console.log(JSON.stringify(pictures.map(read)));
