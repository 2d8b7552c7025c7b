// A mask builder: rules combined, cells painted by hand, who sees whom, and whether the future leaks.

import { html, update } from "./dom.js";

/** The rules that are switched on: their code in attnlib, and whether query q may see key k. */
export function rules({ causal, width, real, prefix, apart, documents }) {
  const count = documents.length;
  return [
    causal && { code: "Causal()", allows: (q, k) => k <= q },
    width > 0 && { code: `Window(${width})`, allows: (q, k) => Math.abs(q - k) < width },
    prefix > 0 && { code: `Prefix(${prefix})`, allows: (q, k) => k < prefix },
    apart && { code: "Document(ids)", allows: (q, k) => documents[q] === documents[k] },
    real < count && { code: `Padding([${real}])`, allows: (q, k) => k < real },
  ].filter(Boolean);
}

/** Who may see whom, as rows of booleans: the rules joined, then the painted cells turned over. */
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
  const cells = state.painted.length;
  return cells === 0 ? joined : `${joined}, and ${cells} ${cells === 1 ? "cell" : "cells"} by hand`;
}

export function verdict(state, words) {
  const allowed = allowedBy(state);
  const empty = allowed.flatMap((row, i) => (row.some(Boolean) ? [] : [i]));
  const found = leaks(known(allowed, state.layers));
  const after = state.layers === 1 ? "After 1 layer" : `After ${state.layers} layers`;
  const nobody =
    empty.length === 0
      ? ""
      : ` ${empty.map((i) => `“${words[i]}” (${i + 1})`).join(", ")} may look at nobody: all weights 0.`;
  if (found.length === 0) return `${after}, no word knows a later one: nothing leaks.${nobody}`;
  const [i, j] = found[0];
  const pairs = found.length === 1 ? "1 pair" : `${found.length} pairs`;
  return (
    `${after}, the future leaks in ${pairs}: “${words[i]}” (${i + 1}) knows of ` +
    `“${words[j]}” (${j + 1}), which comes later.${nobody}`
  );
}

function render({ model, el }) {
  const words = model.get("words");
  const count = words.length;
  const cells = Array.from({ length: count * count }, (_, i) =>
    html("button", {
      type: "button",
      class: "mask-cell",
      tabindex: i === 0 ? "0" : "-1",
      "data-cell": i,
    }),
  );
  const headings = words.map((word) => html("th", { scope: "col" }, html("span", {}, word)));
  const rows = words.map((word, q) =>
    html(
      "tr",
      {},
      html("th", { scope: "row" }, word),
      ...cells.slice(q * count, (q + 1) * count).map((cell) => html("td", {}, cell)),
    ),
  );
  const table = html(
    "table",
    { class: "mask-grid" },
    html(
      "caption",
      {},
      "A row is a query, a column a key. Click a cell, or press space on it, to turn it over.",
    ),
    html("thead", {}, html("tr", {}, html("td", {}), ...headings)),
    html("tbody", {}, ...rows),
  );
  const code = html("code", { class: "mask-code" });
  const status = html("p", { class: "mask-verdict", role: "status" });
  const wipe = html("button", { type: "button", class: "mask-wipe" }, "Undo painting");
  const legend = html(
    "p",
    { class: "mask-legend" },
    html("span", { class: "sees" }, "sees"),
    html("span", { class: "knows" }, "knows by way of others"),
    html("span", { class: "leak" }, "leak"),
  );
  el.append(
    html(
      "div",
      { class: "attn mask" },
      html("p", { class: "mask-line" }, code),
      table,
      legend,
      status,
      wipe,
    ),
  );

  const state = () => ({
    causal: model.get("causal"),
    width: model.get("width"),
    prefix: model.get("prefix"),
    real: count - model.get("hidden"),
    apart: model.get("apart"),
    either: model.get("joined") === 1,
    documents: model.get("documents"),
    layers: model.get("layers"),
    painted: model.get("painted"),
  });

  const show = () => {
    const now = state();
    const allowed = allowedBy(now);
    const knows = known(allowed, now.layers);
    cells.forEach((cell, i) => {
      const [q, k] = [Math.floor(i / count), i % count];
      const sees = allowed[q][k];
      const kind = sees ? "sees" : knows[q][k] && q !== k ? "knows" : "blind";
      update(cell, {
        "aria-pressed": sees,
        "aria-label": `${words[q]} (${q + 1}) ${sees ? "sees" : "does not see"} ${words[k]} (${k + 1})`,
        "data-kind": kind,
        "data-leak": k > q && kind !== "blind",
      });
      cell.textContent = kind === "blind" ? "·" : "";
    });
    code.textContent = codeOf(now);
    status.textContent = verdict(now, words);
    wipe.disabled = now.painted.length === 0;
  };

  const paint = (cell) => {
    const painted = model.get("painted");
    model.set(
      "painted",
      painted.includes(cell) ? painted.filter((other) => other !== cell) : [...painted, cell],
    );
    model.save_changes();
  };
  const focus = (cell) => {
    cells.forEach((other, i) => {
      other.tabIndex = i === cell ? 0 : -1;
    });
    cells[cell].focus();
  };
  const STEPS = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: count, ArrowUp: -count };
  cells.forEach((button, cell) => {
    button.addEventListener("click", () => paint(cell));
    button.addEventListener("keydown", (event) => {
      const next = cell + (STEPS[event.key] ?? 0);
      if (next === cell || next < 0 || next >= cells.length) return;
      event.preventDefault();
      focus(next);
    });
  });
  wipe.addEventListener("click", () => {
    model.set("painted", []);
    model.save_changes();
  });
  for (const trait of [
    "causal",
    "width",
    "prefix",
    "hidden",
    "apart",
    "joined",
    "layers",
    "painted",
  ]) {
    model.on(`change:${trait}`, show);
  }
  show();
}

export default { render };
