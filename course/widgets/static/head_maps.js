// The stored weights of a text's heads, and one head's of them as a map.

/** The stored weights in hundredths, layer after layer: `letters` has a letter for each hundredth. */
export function unpack(text, letters) {
  const hundredths = new Map([...letters].map((letter, i) => [letter, i]));
  return Uint8Array.from(text, (letter) => hundredths.get(letter));
}

/** How many weights a head of a layer has: all pairs, or those that a causal one may see. */
function sizeOf({ rows, columns, causal }, words) {
  const [queries, keys] = [words[rows].length, words[columns].length];
  return causal ? (queries * (queries + 1)) / 2 : queries * keys;
}

/** One head's weights as rows of numbers from 0 to 1, a row per query, all of one length. */
export function mapOf(hundredths, { words, layers }, layer, head) {
  const before = layers
    .slice(0, layer)
    .reduce((sum, one) => sum + one.heads * sizeOf(one, words), 0);
  const { rows, columns, causal } = layers[layer];
  const start = before + head * sizeOf(layers[layer], words);
  const keys = words[columns].length;
  return words[rows].map((_, query) => {
    const first = start + (causal ? (query * (query + 1)) / 2 : query * keys);
    return Array.from({ length: keys }, (_, key) =>
      causal && key > query ? 0 : hundredths[first + key] / 100,
    );
  });
}

const unpacked = new Map(); // of each text, once

export function unpackedOnce({ weights }, letters) {
  if (!unpacked.has(weights)) unpacked.set(weights, unpack(weights, letters));
  return unpacked.get(weights);
}
