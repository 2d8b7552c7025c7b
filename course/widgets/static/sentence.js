// An English sentence as a reader types it: its words as course/data/translation.py takes it apart, and
// for a word that is not known the nearest of those that are.

const LETTER = "[\\p{L}\\p{N}_]";
const RULES = [
  [/’/gu, "'"],
  [/can't|cannot/gu, "can not"],
  [/won't/gu, "will not"],
  [new RegExp(`n't(?!${LETTER})`, "gu"), " not"],
  [new RegExp(`(?<!${LETTER})(it|he|she|that|there)'s(?!${LETTER})`, "gu"), "$1 is"],
  [new RegExp(`'s(?!${LETTER})`, "gu"), " 's"],
  [/[.,;:!?"“”()…]/gu, " "],
];

/** English text → words: lower case, no punctuation, *king's* as king 's, *didn't* as did not. */
export function wordsOf(text) {
  const plain = RULES.reduce(
    (told, [pattern, instead]) => told.replace(pattern, instead),
    text.toLowerCase(),
  );
  return plain.split(/\s+/u).filter((word) => word !== "");
}

/** French words → text: le chat s' est assis → Le chat s'est assis. */
export function textOf(words) {
  const text = words.join(" ").replaceAll("' ", "'");
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}

/** Numbers of words, from a list that begins with `specials` which no reader may type. */
export function numbers(words, specials) {
  return new Map(words.map((word, number) => [word, number]).slice(specials));
}

/** The known words nearest to one, the nearest first: at most half of its letters may differ. */
export function nearest(word, known, count = 4) {
  const allowed = Math.max(1, Math.floor(word.length / 2));
  return [...known]
    .filter((other) => Math.abs(other.length - word.length) <= allowed)
    .map((other) => ({ other, far: distance(word, other), same: shared(word, other) }))
    .filter(({ far }) => far <= allowed)
    .sort((a, b) => a.far - b.far || b.same - a.same || (a.other < b.other ? -1 : 1))
    .slice(0, count)
    .map(({ other }) => other);
}

/** How many letters must be put in, left out, exchanged or swapped with the next one. */
export function distance(one, other) {
  const [left, right] = [[...one], [...other]];
  let [older, old] = [[], right.map((_, j) => j).concat(right.length)];
  for (let i = 1; i <= left.length; i++) {
    const row = [i];
    for (let j = 1; j <= right.length; j++) {
      const same = left[i - 1] === right[j - 1];
      row.push(Math.min(old[j] + 1, row[j - 1] + 1, old[j - 1] + (same ? 0 : 1)));
      const swapped =
        i > 1 && j > 1 && left[i - 1] === right[j - 2] && left[i - 2] === right[j - 1];
      if (swapped) row[j] = Math.min(row[j], older[j - 2] + 1);
    }
    [older, old] = [old, row];
  }
  return old[right.length];
}

function shared(one, other) {
  let same = 0;
  while (same < one.length && one[same] === other[same]) same += 1;
  return same;
}
