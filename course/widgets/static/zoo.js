// The zoo: a card for every type in the registry; family, tier and search choose which ones show.

import { path } from "./axes.js";
import { digits, html, setText, spoken, svg } from "./dom.js";
import { watch } from "./model.js";
import { say } from "./say.js";

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

/** Families and kinds of pictures, as a reader knows them. */
const NAMES = {
  scores: say("scores"),
  structure: say("structure"),
  "masks and biases": say("masks and biases"),
  positions: say("positions"),
  "exact and faster": say("exact and faster"),
  "linear and approximate": say("linear and approximate"),
  sparse: say("sparse"),
  "vision, graphs and sets": say("vision, graphs and sets"),
  "probability maps": say("probability maps"),
  weights: say("weights"),
  "share of values": say("share of values"),
  reach: say("reach"),
  "reach of pixels": say("reach of pixels"),
};
const called = (name) => NAMES[name] ?? name;

/** Which part a type changes: of a card, and of what is asked for. */
const CHANGED = {
  score: [say("the score"), say("changes the score")],
  mask: [say("the mask"), say("changes the mask")],
  normalize: [say("the normalize"), say("changes the normalize")],
  structure: [say("the structure"), say("changes the structure")],
  state: [say("the state"), say("changes the state")],
  route: [say("nothing: another route"), say("changes the route")],
};

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

/** How far ours is from theirs, in words. */
export const apart = (difference) =>
  difference === 0
    ? say("the same")
    : say("apart by at most {difference}", { difference: power(difference) });

const SUPERSCRIPT = "⁰¹²³⁴⁵⁶⁷⁸⁹";

function power(number) {
  const [digit, exponent] = number.toExponential(0).split("e");
  const places = [...String(Math.abs(exponent))].map((place) => SUPERSCRIPT[place]).join("");
  return `${digit}\u00a0·\u00a010${exponent < 0 ? "⁻" : ""}${places}`;
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

/** A picture in words: what it shows and its largest entry, rows and columns counted from 1. */
export function described(kind, matrix) {
  const largest = Math.max(...matrix.flat());
  const row = matrix.findIndex((numbers) => numbers.includes(largest));
  return say("{kind}, {rows} by {columns}; largest {largest} in row {row}, column {column}", {
    kind: called(kind),
    rows: matrix.length,
    columns: matrix[0].length,
    largest: digits(largest / 100),
    row: row + 1,
    column: matrix[row].indexOf(largest) + 1,
  });
}

function render({ model, el }) {
  const all = model.get("cards");
  const formulas = setFormulas();
  const made = new Map(); // a card is made when it is first to show
  const shown = (card) => {
    if (!made.has(card)) made.set(card, zooCard(card, formulas.get(card.name)));
    return made.get(card);
  };
  const status = spoken("zoo-status");
  const list = html("ul", { class: "zoo-cards" });
  el.append(html("div", { class: "attn zoo" }, status, list));

  const show = () => {
    const chosen = choice(model);
    const { search } = chosen;
    const fits = all.filter((card) => matches(card, chosen));
    if (search.trim()) fits.sort((a, b) => rank(a, search) - rank(b, search));
    const cards = fits.map(shown);
    arrange(
      list,
      cards.map(({ element }) => element),
    );
    const count = counted(fits.length, all.length, asked(chosen));
    const everywhere = chosen.tier !== model.get("tier");
    setText(status, everywhere ? `${count} ${say("A search looks in all tiers.")}` : count);
    letKeyboardReach(cards);
  };
  watch(model, ["family", "tier", "part", "model", "year", "cost", "search"], show);
  show();
}

/** Leaves these elements in the list, in this order; what stands right is not touched. */
function arrange(list, elements) {
  const wanted = new Set(elements);
  for (const one of [...list.children]) if (!wanted.has(one)) one.remove();
  elements.forEach((one, i) => {
    if (list.children[i] !== one) list.insertBefore(one, list.children[i] ?? null);
  });
}

/** What the controls say, each list's choice by its name or null. */
function choice(model) {
  const of = (list, index) => (model.get(index) ? model.get(list)[model.get(index) - 1] : null);
  const search = model.get("search");
  return {
    family: of("families", "family"),
    tier: tierOf(model.get("tier"), search),
    part: of("parts", "part"),
    user: of("models", "model"),
    years: of("years", "year"),
    growth: of("growths", "cost"),
    search,
  };
}

const asked = ({ family, tier, part, user, years, growth, search }) =>
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

/** The formulas that the build has set in the still picture, by type: the cards take them. */
function setFormulas() {
  const cells = [...document.querySelectorAll(".attn-picture [data-type]")];
  return new Map(cells.map((one) => [one.dataset.type, one.querySelector("mjx-container")]));
}

function zooCard(card, set) {
  const shown = set ? html("span", { class: "math" }, set) : html("code", {}, card.formula);
  const formula = html("div", { class: "zoo-formula" }, shown);
  const fact = (name, ...value) => [html("dt", {}, name), html("dd", {}, ...value)];
  const element = html(
    "li",
    { class: "zoo-card" },
    html("h3", {}, card.name),
    html("p", { class: "zoo-family" }, say("{family} · tier {tier} · {year}", inFamily(card))),
    html("p", { class: "zoo-idea" }, ...written(pieces(card.idea))),
    html("p", { class: "zoo-use" }, ...written(pieces(card.use))),
    html(
      "div",
      { class: "zoo-body" },
      html(
        "div",
        { class: "zoo-picture" },
        zooMap(card.kind, card.matrix),
        html("p", {}, called(card.kind)),
      ),
      html(
        "dl",
        {},
        ...fact(say("changes"), CHANGED[card.part][0]),
        ...(card.varies ? fact(say("varies"), sought(card.varies)) : []),
        ...fact(say("time"), ...costs(card.time)),
        ...fact(say("memory"), ...costs(card.memory)),
        ...(card.measured.length ? fact(say("measured"), ...curve(card.measured)) : []),
        ...(card.used.length ? fact(say("used in"), ...users(card.used)) : []),
        ...(card.aliases.length ? fact(say("also"), card.aliases.join(", ")) : []),
        ...(card.names.length ? fact(say("called"), html("code", {}, card.names.join(", "))) : []),
      ),
    ),
    formula,
    html("code", { class: "zoo-code" }, card.code),
    html(
      "dl",
      { class: "zoo-proof" },
      ...fact(say("code"), card.place),
      ...fact(say("checked"), say("{code}: {apart}", heldAgainst(card))),
      ...fact(say("paper"), ...paper(card)),
      ...fact(say("chapter"), explained(card.chapter)),
    ),
  );
  return { element, formula };
}

const inFamily = ({ family, tier, year }) => ({ family: called(family), tier, year });

const heldAgainst = (card) => ({ code: card.oracle, apart: apart(card.apart) });

/** A link that the page follows without a reload: it sets the search to the name. */
const sought = (name) => {
  const said = new URLSearchParams({ "zoo.search": name, "zoo.tier": 0 });
  return html("a", { href: `#live-zoo&${said}` }, name);
};

const costs = ([paper, here]) =>
  here ? [say("{paper} as in the paper, {here} as laid out here", { paper, here })] : [paper];

const paper = ({ paper, address, confirmed }) => [
  address ? html("a", { href: address }, paper) : paper,
  ...(confirmed ? [] : [` ${say("(number not confirmed)")}`]),
];

/** On the built page the chapters are neighbors; elsewhere there is nothing to follow. */
const explained = ([title, page]) =>
  page && location.pathname.endsWith(".html") ? html("a", { href: page }, title) : title;

const written = (all) => all.map(([tag, text]) => (tag ? html(tag, {}, text) : text));

/** Points [x, y] in a box of 100 by 40 for times [T, milliseconds], both axes logarithmic: a straight
    line is a power of T, and twice as steep a line twice the power. */
export function curvePoints(times) {
  const logs = times.map((pair) => pair.map(Math.log10));
  const [left, low] = [Math.min(...logs.map(([x]) => x)), Math.min(...logs.map(([, y]) => y))];
  const across = Math.max(...logs.map(([x]) => x)) - left;
  const up = Math.max(...logs.map(([, y]) => y)) - low;
  return logs.map(([x, y]) => [(100 * (x - left)) / across, 40 - (40 * (y - low)) / up]);
}

/** The times of a type in words: the first, the last, and how they grew at the end. */
export function spent(times) {
  const one = ([T, ms]) =>
    say("{ms} ms for {tokens} tokens", {
      ms: `${ms}`.replace(".", say(".")),
      tokens: T.toLocaleString(say("en")),
    });
  const [[before, earlier], [last, latest]] = times.slice(-2);
  const doubled = (latest / earlier) ** (1 / Math.log2(last / before));
  return say(
    "{first}, {last}: in the end {doubled} times as long for twice the text (8 heads of 64, one thread)",
    { first: one(times[0]), last: one(times.at(-1)), doubled: digits(doubled, 1) },
  );
}

function curve(times) {
  const points = curvePoints(times);
  const dots = points.map(([x, y]) => svg("circle", { cx: x.toFixed(2), cy: y.toFixed(2), r: 2 }));
  const drawn = [svg("path", { d: path(points) }), ...dots];
  const box = { class: "zoo-curve", viewBox: "-3 -3 106 46", "aria-hidden": "true" };
  return [svg("svg", box, ...drawn), spent(times)];
}

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
              "fill-opacity": (0.08 + (0.92 * Math.abs(number)) / most).toFixed(2),
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
