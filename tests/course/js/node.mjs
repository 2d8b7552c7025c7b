// A line in: {file, name, arguments}. A line out: {result} or {error}. Numbers JSON lacks come as text.

import { join } from "node:path";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

const folder = process.argv[2];
const load = (file) => import(pathToFileURL(join(folder, file)));
const special = (_, value) =>
  typeof value === "number" && !Number.isFinite(value) ? String(value) : value;

for await (const line of createInterface({ input: process.stdin })) {
  const call = JSON.parse(line);
  let answer;
  try {
    const functions = await load(call.file);
    answer = { result: (await functions[call.name](...call.arguments)) ?? null };
  } catch (error) {
    answer = { error: String(error.stack) };
  }
  console.log(JSON.stringify(answer, special));
}
