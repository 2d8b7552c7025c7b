// A mask builder: rules combined, cells painted by hand, who sees whom, and whether the future leaks.

import { arePlaces } from "./checks.js";
import { button, html, setText, spoken, update } from "./dom.js";
import { set, watch } from "./model.js";
import { roving } from "./roving.js";
import { say } from "./say.js";

/** The rules that are switched on: their code in attnlib, and whether query q may see key k. */
export function rules({ causal, width, real, prefix, apart, documents }) {
  const count = documents.length;
  return [
    causal && { code: "Causal()", allows: (q, k) => k <= q },
    width > 0 && { code: `Window(${width})`, allows: (q, k) => Math.abs(q - k) < width },
    prefix > 0 && { code: `Prefix(${prefix})`, allows: (_, k) => k < prefix },
    apart && { code: "Document(ids)", allows: (q, k) => documents[q] === documents[k] },
    real < count && { code: `Padding([${real}])`, allows: (_, k) => k < real },
  ].filter(Boolean);
}

/** Who may see whom, as rows of booleans: the rules joined, then the painted cells changed. */
export function allowedBy(state) {
  const active = rules(state);
  const count = state.documents.length;
  const judge = (q, k) =>
    state.either && active.length > 0
      ? active.some(({ allows }) => allows(q, k))
      : active.every(({ allows }) => allows(q, k));
  const places = Array.from({ length: count }, (_, i) => i);
  return places.map((q) =>
    places.map((k) => judge(q, k) !== state.painted.includes(q * count + k)),
  );
}

/** What each token knows after so many layers: itself, and all that those it sees knew before. */
export function known(allowed, layers) {
  let now = allowed.map((_, q) => allowed.map((_, k) => q === k));
  for (let layer = 0; layer < layers; layer++) {
    const before = now;
    now = allowed.map((row, q) =>
      before[q].map((mine, k) => mine || row.some((sees, via) => sees && before[via][k])),
    );
  }
  return now;
}

/** The pairs (i, j) where token i knows token j, which comes later. */
export function leaks(knows) {
  return knows.flatMap((row, i) => row.flatMap((yes, j) => (yes && j > i ? [[i, j]] : [])));
}

export function codeOf(state) {
  const parts = rules(state).map(({ code }) => code);
  const joined = parts.length === 0 ? "mask=None" : parts.join(state.either ? " | " : " & ");
  const count = state.painted.length;
  if (count === 0) return joined;
  return say(
    count === 1 ? "{code}, and {count} cell by hand" : "{code}, and {count} cells by hand",
    { code: joined, count },
  );
}

export function verdict(state, words) {
  const allowed = allowedBy(state);
  const empty = allowed.flatMap((row, i) => (row.some(Boolean) ? [] : [i]));
  const found = leaks(known(allowed, state.layers));
  const nobody = empty.length === 0 ? "" : ` ${blind(empty.map((i) => named(words, i)))}`;
  const { layers } = state;
  const after = say(layers === 1 ? "After {layers} layer" : "After {layers} layers", { layers });
  const told =
    found.length === 0
      ? say("{after}, no word knows a later one: nothing leaks.", { after })
      : leaking(after, found, words);
  return told + nobody;
}

const named = (words, i) => say("“{word}” ({place})", { word: words[i], place: i + 1 });

/** Who has no weights, by their names: one word, or more. */
const blind = (names) =>
  say(
    names.length === 1
      ? "{word} may look at nobody: all weights 0."
      : "{words} may look at nobody: all weights 0.",
    { word: names[0], words: names.join(", ") },
  );

function leaking(after, found, words) {
  const [earlier, later] = found[0].map((i) => named(words, i));
  return say(
    found.length === 1
      ? "{after}, the future leaks in {count} pair: {earlier} knows of {later}, which comes later."
      : "{after}, the future leaks in {count} pairs: {earlier} knows of {later}, which comes later.",
    { after, count: found.length, earlier, later },
  );
}

function render({ model, el }) {
  const words = model.get("words");
  const grid = maskGrid(words, (cell) => {
    const painted = model.get("painted");
    const others = painted.filter((other) => other !== cell);
    set(model, { painted: others.length < painted.length ? others : [...painted, cell] });
  });
  const code = html("code", { class: "mask-code" });
  const status = spoken("attn-says");
  const wipe = button(say("Undo painting"), () => set(model, { painted: [] }));
  el.append(layout(code, grid.element, status, wipe));

  const show = () => {
    const now = stateOf(model);
    grid.show(now);
    setText(code, codeOf(now));
    setText(status, verdict(now, words));
    wipe.disabled = now.painted.length === 0;
    set(model, { joined_display: rules(now).length > 1 ? "" : "none" });
  };
  const ruled = ["causal", "width", "prefix", "hidden", "apart"];
  watch(model, [...ruled, "joined", "layers", "painted"], show);
  show();
}

function stateOf(model) {
  return {
    causal: model.get("causal"),
    width: model.get("width"),
    prefix: model.get("prefix"),
    real: model.get("words").length - model.get("hidden"),
    apart: model.get("apart"),
    either: model.get("joined") === 1,
    documents: model.get("documents"),
    layers: model.get("layers"),
    painted: model.get("painted"),
  };
}

function layout(code, table, status, wipe) {
  const kinds = { sees: say("sees"), knows: say("knows by way of others"), leak: say("leak") };
  const legend = Object.entries(kinds).map(([kind, words]) => html("span", { class: kind }, words));
  return html(
    "div",
    { class: "attn mask" },
    html("p", { class: "mask-line" }, code),
    table,
    html("p", { class: "mask-legend" }, ...legend),
    status,
    html("div", { class: "attn-buttons" }, wipe),
  );
}

/** A button for each query and key: a press changes it. */
function maskGrid(words, paint) {
  const count = words.length;
  const cells = Array.from({ length: count * count }, (_, i) => {
    const made = html("button", { type: "button", class: "mask-cell" });
    made.addEventListener("click", () => paint(i));
    return made;
  });
  roving(cells, count);
  return {
    element: maskTable(words, cells),
    show(state) {
      const allowed = allowedBy(state);
      const knows = known(allowed, state.layers);
      cells.forEach((cell, i) => {
        const [q, k] = [Math.floor(i / count), i % count];
        showCell(cell, words, { q, k, sees: allowed[q][k], knows: knows[q][k] });
      });
    },
  };
}

function maskTable(words, cells) {
  const count = words.length;
  const headings = words.map((word) => html("th", { scope: "col" }, html("span", {}, word)));
  const rows = words.map((word, q) =>
    html(
      "tr",
      {},
      html("th", { scope: "row" }, word),
      ...cells.slice(q * count, (q + 1) * count).map((cell) => html("td", {}, cell)),
    ),
  );
  const caption = say(
    "A row is a query, a column a key. Click a cell, or press space on it, to change it.",
  );
  return html(
    "table",
    { class: "mask-grid" },
    html("caption", {}, caption),
    html("thead", {}, html("tr", {}, html("td", {}), ...headings)),
    html("tbody", {}, ...rows),
  );
}

function showCell(cell, words, { q, k, sees, knows }) {
  const kind = sees ? "sees" : knows && q !== k ? "knows" : "blind";
  const values = { query: words[q], row: q + 1, key: words[k], column: k + 1 };
  update(cell, {
    "aria-pressed": sees,
    "aria-label": say(
      sees
        ? "{query} ({row}) sees {key} ({column})"
        : "{query} ({row}) does not see {key} ({column})",
      values,
    ),
    "data-kind": kind,
    "data-leak": k > q && kind !== "blind",
  });
  setText(cell, kind === "blind" ? "·" : "");
}

/** What an address may set. */
const shared = {
  painted: (value, model) => arePlaces(value, model.get("words").length ** 2),
};

export default { render, shared };
