// One card of the zoo: a type's name, idea, picture, costs, formula, code and proof.

import { digits, html, svg } from "./dom.js";
import { say } from "./say.js";
import { curve } from "./zoo_times.js";
import { apart, CHANGED, called, pieces } from "./zoo_words.js";

/** The card { element, formula } of a type; `set` is its formula, where the build has set it. */
export function zooCard(card, set) {
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
