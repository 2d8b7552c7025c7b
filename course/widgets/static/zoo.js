// The zoo: a card for every type in the registry; family, tier and search choose which ones show.

import { digits, html, svg } from "./dom.js";
import { watch } from "./model.js";

const SEARCHED = [
  "name",
  "family",
  "idea",
  "use",
  "aliases",
  "used",
  "paper",
  "address",
  "code",
  "place",
];

/** Letters without case and accents, so that "nystrom" finds "Nyström". */
export function plain(text) {
  return text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
}

/** Whether a card is of the family and tier ("" or 0: any) and holds every word of the search. */
export function matches(card, family, tier, search) {
  const text = plain(SEARCHED.flatMap((part) => [card[part]].flat(2)).join(" "));
  return (
    (!family || card.family === family) &&
    (!tier || card.tier === tier) &&
    plain(search)
      .split(/\s+/)
      .every((word) => text.includes(word))
  );
}

/** The tier that shows: a search looks in all (0), whatever is chosen. */
export const tierOf = (tier, search) => (search.trim() === "" ? tier : 0);

/** A text in pieces [tag, text]: what follows _ or ^ after a letter of its own is "sub" or "sup". */
export function pieces(text) {
  const parts = text.split(/(?<=(?<![\p{L}_])\p{L})([_^])([A-Za-z]+)/u);
  return parts.flatMap((part, i) => {
    if (i % 3 === 1) return [];
    return [[i % 3 === 0 ? "" : parts[i - 1] === "_" ? "sub" : "sup", part]];
  });
}

/** What is shown, in words; `asked` is what a type must be to show. */
export function counted(shown, all, asked) {
  if (shown === 0) {
    return `None of ${all} types fits: ${asked.join(", ")}. Try fewer words, or all families.`;
  }
  return `${shown} of ${all} ${all === 1 ? "type" : "types"}.`;
}

/** A picture in words: what it shows and its largest entry, rows and columns counted from 1. */
export function described(kind, matrix) {
  const largest = Math.max(...matrix.flat());
  const row = matrix.findIndex((numbers) => numbers.includes(largest));
  const place = `row ${row + 1}, column ${matrix[row].indexOf(largest) + 1}`;
  return `${kind}, ${matrix.length} by ${matrix[0].length}; largest ${digits(largest / 100)} in ${place}`;
}

function render({ model, el }) {
  const all = model.get("cards");
  const cards = all.map((card) => zooCard(card, setFormula(card.name)));
  const status = html("p", { class: "zoo-status", role: "status" });
  const list = html("ul", { class: "zoo-cards" }, ...cards.map(({ element }) => element));
  el.append(html("div", { class: "attn zoo" }, status, list));

  const show = () => {
    const family = model.get("family") ? model.get("families")[model.get("family") - 1] : "";
    const search = model.get("search");
    const tier = tierOf(model.get("tier"), search);
    let shown = 0;
    all.forEach((card, i) => {
      const chosen = matches(card, family, tier, search);
      cards[i].element.hidden = !chosen;
      shown += chosen;
    });
    const asked = [family, tier && `tier ${tier}`, search && `“${search}”`].filter(Boolean);
    const everywhere = tier !== model.get("tier") ? " A search looks in all tiers." : "";
    status.textContent = counted(shown, all.length, asked) + everywhere;
    letKeyboardReach(cards.filter(({ element }) => !element.hidden));
  };
  watch(model, ["family", "tier", "search"], show);
  show();
}

/** The formula that the build has set in the still picture, which the card takes; null without. */
const setFormula = (name) =>
  document.querySelector(`.attn-picture [data-type="${CSS.escape(name)}"] > mjx-container`);

function zooCard(card, set) {
  const shown = set ? html("span", { class: "math" }, set) : html("code", {}, card.formula);
  const formula = html("div", { class: "zoo-formula" }, shown);
  const paper = card.address ? html("a", { href: card.address }, card.paper) : card.paper;
  const fact = (name, ...value) => [html("dt", {}, name), html("dd", {}, ...value)];
  const element = html(
    "li",
    { class: "zoo-card" },
    html("h3", {}, card.name),
    html("p", { class: "zoo-family" }, `${card.family} · tier ${card.tier}`),
    html("p", { class: "zoo-idea" }, ...written(pieces(card.idea))),
    html("p", { class: "zoo-use" }, ...written(pieces(card.use))),
    html(
      "div",
      { class: "zoo-body" },
      html(
        "div",
        { class: "zoo-picture" },
        zooMap(card.kind, card.matrix),
        html("p", {}, card.kind),
      ),
      html(
        "dl",
        {},
        ...fact("time", card.time),
        ...fact("memory", card.memory),
        ...fact("paper", paper),
        ...(card.used.length ? fact("used in", ...users(card.used)) : []),
        ...(card.aliases.length ? fact("also", card.aliases.join(", ")) : []),
        ...fact("code", card.place),
      ),
    ),
    formula,
    html("code", { class: "zoo-code" }, card.code),
  );
  return { element, formula };
}

const written = (all) => all.map(([tag, text]) => (tag ? html(tag, {}, text) : text));

function users(used) {
  return used.flatMap(([name, address], i) => [
    ...(i ? [", "] : []),
    html("a", { href: address }, name),
  ]);
}

function zooMap(kind, matrix) {
  const [rows, columns] = [matrix.length, matrix[0].length];
  const most = Math.max(1, ...matrix.flat().map(Math.abs));
  const cells = matrix.flatMap((numbers, y) =>
    numbers.flatMap((number, x) =>
      number === 0
        ? []
        : [
            svg("rect", {
              class: number < 0 ? "below" : "above",
              x: x + 0.04,
              y: y + 0.04,
              width: 0.92,
              height: 0.92,
              "fill-opacity": digits(0.08 + (0.92 * Math.abs(number)) / most),
            }),
          ],
    ),
  );
  return svg(
    "svg",
    { viewBox: `0 0 ${columns} ${rows}`, role: "img", "aria-label": described(kind, matrix) },
    svg("rect", { class: "ground", width: columns, height: rows }),
    ...cells,
  );
}

const idle = (act) => (window.requestIdleCallback ?? setTimeout)(act);
const looked = new WeakSet();

/** Long formulas scroll, so the keyboard must reach them; one is measured whenever there is time. */
function letKeyboardReach(cards) {
  const next = cards.find((card) => !looked.has(card));
  if (!next) return;
  looked.add(next);
  idle(() => {
    const { scrollWidth, clientWidth } = next.formula;
    if (scrollWidth > clientWidth) next.formula.setAttribute("tabindex", "0");
    letKeyboardReach(cards);
  });
}

export default { render };
