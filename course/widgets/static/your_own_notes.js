// What stands in the way of your own attention, near words for unknown ones, and what is seen, in words.

import { button, digits, html, setText, spoken } from "./dom.js";
import { argmax } from "./math.js";
import { say } from "./say.js";
import { nearest } from "./sentence.js";
import { looked, MOST, shortened } from "./your_own_numbers.js";

const EQUAL = 1e-9; // weights no further apart are alike

/** The lines of notes; `replace(word, other)` hears what is to stand in place of an unknown word. */
export function noteLines(replace) {
  const problem = html("p", { class: "own-problem" });
  const help = html("div", { class: "own-help" });
  const status = spoken("attn-says");
  return {
    element: html("div", {}, problem, help),
    status,
    show(state, table) {
      setText(problem, problemWith(state));
      setText(status, state === null ? problem.textContent : describe(state));
      const near = (state?.unknown ?? []).slice(0, 3).map((word) => offers(word, table, replace));
      help.replaceChildren(...near);
    },
  };
}

function offers(word, table, replace) {
  const known = nearest(looked(word).slice(0, 30), table.words, 3);
  return html(
    "div",
    { class: "attn-buttons" },
    html(
      "span",
      {},
      say("“{word}” is not in the table: its numbers are 0.", { word: shortened(word) }),
    ),
    ...known.map((other) => button(other, () => replace(word, other))),
  );
}

export function problemWith(state) {
  if (state === null) return say("Type at least one word.");
  const count = state.typed.length;
  if (count <= MOST.words) return "";
  return say("That is {count} words; the first {most} take part.", { count, most: MOST.words });
}

/** The state in words, for those who do not see the picture. */
export const describe = (state) => `${looks(state)} ${lit(state)}`;

function looks({ names, word, row, head, heads }) {
  const best = argmax(row.weights);
  const seen = row.weights.filter((_, i) => row.allowed[i]);
  const told = { word: names[word], head, most: digits(row.weights[best], 3) };
  if (row.weights[best] === 0) {
    return say(
      heads === 1
        ? "“{word}” looks at nobody, and its output is 0."
        : "In head {head}, “{word}” looks at nobody, and its output is 0.",
      told,
    );
  }
  if (seen.length > 1 && Math.max(...seen) - Math.min(...seen) < EQUAL) {
    return say(
      heads === 1
        ? "“{word}” looks at {count} words alike ({most})."
        : "In head {head}, “{word}” looks at {count} words alike ({most}).",
      { ...told, count: seen.length },
    );
  }
  return say(
    heads === 1
      ? "“{word}” looks most at “{best}” ({most})."
      : "In head {head}, “{word}” looks most at “{best}” ({most}).",
    { ...told, best: names[best] },
  );
}

function lit({ names, row, how, part, key, place }) {
  if (part === 2) {
    const number = digits(row.output[place]);
    return say("Lit: output {place} is {number}.", { place: place + 1, number });
  }
  const hidden = how.mask > 0 && !row.allowed[key];
  const word = names[key];
  if (part === 0) {
    return say(
      hidden
        ? "Lit: the score of “{word}” is {number}, hidden by the mask."
        : "Lit: the score of “{word}” is {number}.",
      { word, number: digits(row.scores[key]) },
    );
  }
  return say(
    hidden
      ? "Lit: the weight of “{word}” is {number}, hidden by the mask."
      : "Lit: the weight of “{word}” is {number}.",
    { word, number: digits(row.weights[key], 3) },
  );
}
