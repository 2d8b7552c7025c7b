// Byte pairs, as in course/data/byte_pair.py: text as numbers and back.

const WORD = / ?[\p{L}\p{N}_']+| ?[^\p{L}\p{N}_\s']+|\s+/gu;

/** From the characters and the merges, pairs of numbers: { pieces, encode, unknown }. */
export function bytePairs(characters, merges) {
  const pieces = [...characters];
  const number = new Map(pieces.map((piece, i) => [piece, i]));
  const made = merges.map(([left, right]) => {
    const piece = pieces[left] + pieces[right];
    if (!number.has(piece)) number.set(piece, pieces.push(piece) - 1);
    return number.get(piece);
  });
  const rank = new Map(merges.map(([left, right], i) => [`${left} ${right}`, i]));

  /** The numbers of one word's pieces: the pair of lowest rank joins, until there is none. */
  const split = (word) => {
    let numbers = [...word].map((character) => number.get(character));
    for (;;) {
      const ranks = numbers
        .slice(1)
        .map((right, i) => rank.get(`${numbers[i]} ${right}`) ?? Infinity);
      const best = Math.min(...ranks);
      if (best === Infinity) return numbers;
      const [left, right] = merges[best];
      const joined = [];
      for (let i = 0; i < numbers.length; i++) {
        const both = numbers[i] === left && numbers[i + 1] === right;
        joined.push(both ? made[best] : numbers[i]);
        if (both) i += 1;
      }
      numbers = joined;
    }
  };

  return {
    pieces,
    encode: (text) => (text.match(WORD) ?? []).flatMap(split),
    unknown: (text) => [...new Set(text)].filter((character) => !number.has(character)),
  };
}
