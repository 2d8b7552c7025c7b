// Recorded maps: one chosen from several, its weights as arcs from one word and as a map of all.

import { isPlace } from "./checks.js";
import { digits, html, setText, spoken } from "./dom.js";
import { looks } from "./looks.js";
import { argmax } from "./math.js";
import { set, watch } from "./model.js";
import { say } from "./say.js";
import { wordMap } from "./word_map.js";

/** What the picture shows, in words. */
export function describe({ name, rows, columns, map, row }) {
  const best = argmax(map[row]);
  const sure = map.filter((weights) => Math.max(...weights) > 0.5).length;
  const looking = say("{name}: “{word}” looks most at “{best}”, with {weight}.", {
    name,
    word: rows[row],
    best: columns[best],
    weight: digits(map[row][best]),
  });
  const given = say(
    sure === 1
      ? "Of {count} rows {sure} gives one word more than half."
      : "Of {count} rows {sure} give one word more than half.",
    { count: rows.length, sure },
  );
  return `${looking} ${given}`;
}

function render({ model, el }) {
  const columns = looks((row) => set(model, { row }));
  const large = html("div", {});
  const says = spoken("attn-says");
  el.append(
    html(
      "div",
      { class: "attn maps" },
      html("div", { class: "maps-columns" }, columns.element, large),
      says,
    ),
  );
  const show = () => {
    const now = stateOf(model);
    columns.show(now);
    large.replaceChildren(
      wordMap({
        rows: now.rows,
        columns: now.columns,
        weights: now.map,
        now: now.row,
        label: say("Map of {name}: a row for each word that looks, a column for each looked at", {
          name: now.name,
        }),
      }),
    );
    setText(says, describe(now));
  };
  watch(model, ["chosen", "row"], show);
  show();
}

function stateOf(model) {
  const { name, rows, columns, weights } = model.get("maps")[model.get("chosen")];
  return { name, rows, columns, map: weights, row: Math.min(model.get("row"), rows.length - 1) };
}

/** What an address may set. */
const shared = {
  row: (value, model) => isPlace(value, stateOf(model).rows.length),
};

export default { render, shared };
