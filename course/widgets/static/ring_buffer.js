// A ring of as many places as the window is wide, and what the queries of a chunk find in it.

import { html, setText, spoken, svg, update } from "./dom.js";
import { watch } from "./model.js";
import { say } from "./say.js";

const range = (first, end) => Array.from({ length: Math.max(0, end - first) }, (_, i) => first + i);

/** The tokens that a query looks at: itself and those before it in the window. */
export function wanted(query, window) {
  return range(Math.max(0, query - window + 1), query + 1);
}

/** The tokens whose keys are there when the chunk's queries look. */
export function found(before, chunk, window, hasty) {
  const end = before + chunk;
  return range(Math.max(0, hasty ? end - window : before - window + 1), end);
}

/** Which token lies in each place of the ring when so many have come; −1 for none yet. */
export function ring(came, window) {
  return range(0, window).map((place) => {
    const last = came - 1 - ((((came - 1 - place) % window) + window) % window);
    return last >= 0 ? last : -1;
  });
}

/** Per query of the chunk, the keys it finds and those it misses. */
export function looks(before, chunk, window, hasty) {
  const there = new Set(found(before, chunk, window, hasty));
  return range(before, before + chunk).map((query) => {
    const keys = wanted(query, window);
    return {
      query,
      sees: keys.filter((key) => there.has(key)),
      misses: keys.filter((key) => !there.has(key)),
    };
  });
}

/** What the picture shows, in words. */
export function describe(before, chunk, window, hasty) {
  const last = before + chunk - 1;
  const come = say(
    chunk === 1
      ? "Token {before} comes to a ring of {window}."
      : "Tokens {before} to {last} come to a ring of {window}.",
    { before, last, window },
  );
  const needed = wanted(before, window)[0];
  const keys = last - needed + 1;
  const need = say(
    keys === 1
      ? "Together their queries need 1 key, {needed} to {last}."
      : "Together their queries need {keys} keys, {needed} to {last}.",
    { keys, needed, last },
  );
  return `${come} ${need} ${missing(looks(before, chunk, window, hasty))}`;
}

function missing(queries) {
  const lost = queries
    .filter(({ misses }) => misses.length > 0)
    .map(({ query, misses }) =>
      say("query {query} misses {keys}", { query, keys: misses.join(", ") }),
    );
  if (lost.length === 0) return say("Every query finds what it needs.");
  return say("Overwritten: {lost}.", { lost: lost.join(say("; ")) });
}

const LEFT = 66;
const CELL = 24;
const ROWS = { before: 34, queries: 74, row: 26 };

function render({ model, el }) {
  const [tokens, widest, longest] = ["tokens", "widest", "longest"].map((trait) =>
    model.get(trait),
  );
  const picture = ringPicture(tokens, widest, longest);
  const sentence = spoken("attn-says");
  el.append(html("div", { class: "attn ringbuffer" }, picture.element, sentence));
  const show = () => {
    const [before, chunk, window] = ["before", "chunk", "window"].map((trait) => model.get(trait));
    const hasty = model.get("hasty");
    picture.show(before, chunk, window, hasty);
    setText(sentence, describe(before, chunk, window, hasty));
  };
  watch(model, ["before", "chunk", "window", "hasty"], show);
  show();
}

/** The ring, a row per query with its keys, and the ring again, behind the chunk. */
function ringPicture(tokens, widest, longest) {
  const after = ROWS.queries + longest * ROWS.row + 34;
  const rings = [ROWS.before, after].map((y) => range(0, widest).map((place) => cellAt(place, y)));
  const rows = range(0, longest).map((row) => {
    const y = ROWS.queries + 20 + row * ROWS.row;
    return {
      name: svg("text", { class: "query", x: LEFT - 6, y: y + 16, "text-anchor": "end" }),
      cells: range(0, tokens).map((key) => cellAt(key, y)),
    };
  });
  const titles = [
    svg(
      "text",
      { class: "quiet", x: LEFT, y: ROWS.before - 8 },
      say("the ring before: token in place 0, 1, …"),
    ),
    svg(
      "text",
      { class: "quiet", x: LEFT, y: ROWS.queries + 12 },
      say("keys that each query finds, × misses"),
    ),
    svg("text", { class: "quiet", x: LEFT, y: after - 8 }, say("the ring behind the chunk")),
  ];
  const cells = [...rings.flat(), ...rows.flatMap((row) => row.cells)];
  const element = svg(
    "svg",
    {
      viewBox: `0 0 ${LEFT + tokens * CELL + 2} ${after + CELL + 4}`,
      role: "img",
      "aria-label": say("The ring, and the keys that the queries of the chunk find"),
    },
    ...titles,
    ...rows.map(({ name }) => name),
    ...cells.flatMap(({ box, number }) => [box, number]),
  );
  return {
    element,
    show(before, chunk, window, hasty) {
      [before, before + chunk].forEach((came, i) => {
        const held = ring(came, window);
        rings[i].forEach((cell, place) => {
          const kind = place >= window ? "none" : held[place] < 0 ? "empty" : "key";
          fill(cell, kind, kind === "key" ? `${held[place]}` : "");
        });
      });
      const told = looks(before, chunk, window, hasty);
      rows.forEach(({ name, cells }, row) => {
        const one = told[row] ?? { query: "", sees: [], misses: [] };
        setText(name, row < chunk ? say("query {query}", { query: one.query }) : "");
        cells.forEach((cell, key) => {
          if (one.sees.includes(key)) fill(cell, "seen", `${key}`);
          else if (one.misses.includes(key)) fill(cell, "missed", "×");
          else fill(cell, row < chunk ? "empty" : "none", "");
        });
      });
    },
  };
}

function fill({ box, number }, kind, told) {
  update(box, { class: kind });
  setText(number, told);
}

function cellAt(column, y) {
  const x = LEFT + column * CELL;
  return {
    box: svg("rect", { x, y, width: CELL - 3, height: CELL - 3, rx: 3 }),
    number: svg("text", { x: x + (CELL - 3) / 2, y: y + 15, "text-anchor": "middle" }),
  };
}

export default { render };
