// A line in: {file, name, arguments, then}. A line out: {result} or {error}. Numbers that
// JSON lacks come as text.

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
    let result = await functions[call.name](...call.arguments);
    if (call.then) result = result[call.then[0]](...call.then.slice(1));
    answer = { result: result ?? null };
  } catch (error) {
    answer = { error: String(error.stack) };
  }
  console.log(JSON.stringify(answer, special));
}
