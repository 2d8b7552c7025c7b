// Translates with some heads off: node heads_off.mjs STATIC FILE '{"shape", "cases", "specials"}'.

import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const [folder, file, question] = process.argv.slice(2);
const from = (name) => import(pathToFileURL(`${folder}/${name}`));
const { readSafetensors } = await from("safetensors.js");
const { transformer } = await from("transformer.js");
const { run } = await from("head_switches.js");

const { shape, cases, specials } = JSON.parse(question);
const model = transformer(readSafetensors(new Uint8Array(readFileSync(file))), shape);
console.log(JSON.stringify(cases.map(({ source, off }) => run(model, source, specials, off))));
