// Which types of the zoo fit what is asked for, how well, and that in words.

import { say } from "./say.js";
import { CHANGED, called } from "./zoo_words.js";

const SEARCHED = [
  "name",
  "family",
  "idea",
  "use",
  "aliases",
  "names",
  "used",
  "part",
  "paper",
  "address",
  "code",
  "place",
  "oracle",
];

/** Letters without case and accents, so that "nystrom" finds "Nyström". */
export function plain(text) {
  return text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
}

/** Whether a card is what is chosen, where 0 or null is any, and holds every word of the search. */
export function matches(card, { family, tier, part, user, years, growth, search = "" }) {
  const text = plain(SEARCHED.flatMap((part) => [card[part]].flat(2)).join(" "));
  return (
    (!family || card.family === family) &&
    (!tier || card.tier === tier) &&
    (!part || card.part === part) &&
    (!user || card.used.some(([name]) => name === user)) &&
    (!years || (years[0] <= card.year && card.year <= years[1])) &&
    (!growth || card.growth === growth) &&
    plain(search)
      .split(/\s+/)
      .every((word) => text.includes(word))
  );
}

/** How near a card is to a search: 0 its name or another name of it, 1 its name in part, 2 elsewhere. */
export function rank(card, search) {
  const sought = plain(search.trim());
  if ([card.name, ...card.aliases].some((name) => plain(name) === sought)) return 0;
  return plain(card.name).includes(sought) ? 1 : 2;
}

/** The tier that shows: a search looks in all (0), whatever is chosen. */
export const tierOf = (tier, search) => (search.trim() === "" ? tier : 0);

/** What a type must be to show, in words. */
export const asked = ({ family, tier, part, user, years, growth, search }) =>
  [
    family && called(family),
    tier && say("tier {tier}", { tier }),
    part && CHANGED[part][1],
    user && say("used in {model}", { model: user }),
    years?.join("–"),
    growth &&
      say(growth === "between" ? "time grows between T and T²" : "time grows as {growth}", {
        growth,
      }),
    search && say("“{word}”", { word: search }),
  ].filter(Boolean);

/** What is shown, in words; `asked` is what a type must be to show. */
export function counted(shown, all, asked) {
  const told = { shown, all, asked: asked.join(", ") };
  if (shown === 0) {
    return say(
      asked.length
        ? "None of {all} types fits: {asked}. Try fewer words, or all families."
        : "None of {all} types fits. Try fewer words, or all families.",
      told,
    );
  }
  if (asked.length === 0) {
    return say(all === 1 ? "{shown} of {all} type." : "{shown} of {all} types.", told);
  }
  return say(
    all === 1 ? "{shown} of {all} type: {asked}." : "{shown} of {all} types: {asked}.",
    told,
  );
}
