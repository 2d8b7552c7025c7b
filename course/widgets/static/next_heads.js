// Where the last token looks in every head: a strip per head, and the head most like an induction head.

import { visible } from "./chance_table.js";
import { digits, html, update } from "./dom.js";
import { argmax, sum } from "./math.js";
import { roving } from "./roving.js";
import { say } from "./say.js";

/** What each head gives, with its last query, to the tokens that follow an earlier place of the last
    token, as `induction_score` of attnlib.inspect counts them; `chance` is what equal weights would
    give. Null where no token follows one. `maps[layer][head]` are weights, one per token. */
export function inductionOf(maps, tokens) {
  const last = tokens.length - 1;
  const places = tokens.flatMap((_, i) =>
    i > 0 && i < last && tokens[i - 1] === tokens[last] ? [i] : [],
  );
  if (places.length === 0) return null;
  const shares = maps.map((heads) => heads.map((row) => sum(places.map((i) => row[i]))));
  const best = argmax(shares.flat());
  const across = shares[0].length;
  return {
    places,
    shares,
    chance: places.length / tokens.length,
    layer: Math.floor(best / across),
    head: best % across,
  };
}

/** Whether a head does what induction heads do, more than by chance. */
export const found = ({ shares, chance, layer, head }) => shares[layer][head] > chance;

/** What is to be said of induction. */
export function describeInduction(induction, last) {
  const { shares, chance, layer, head } = induction;
  return say(
    found(induction)
      ? "Most like an induction head: layer {layer}, head {head}. On what followed “{last}” before (underlined) it has {share}; by chance it would have {chance}."
      : "None of the heads has more than by chance, {chance}, on what followed “{last}” before (underlined).",
    {
      layer,
      head,
      last: visible(last),
      share: digits(shares[layer][head]),
      chance: digits(chance),
    },
  );
}

/** A button per layer and head; `choose(layer, head)` hears which is pressed. */
export function headStrips({ layers, heads }, choose) {
  const placeOf = (i) => [Math.floor(i / heads), i % heads];
  const cells = Array.from({ length: layers * heads }, (_, i) => {
    const strip = html("span", { class: "strip" });
    const button = html("button", { type: "button" }, html("span", {}, `${i % heads}`), strip);
    button.addEventListener("click", () => choose(...placeOf(i)));
    return button;
  });
  const stop = roving(cells, heads);
  const rows = Array.from({ length: layers }, (_, layer) => [
    html("span", { class: "name" }, say("layer {layer}", { layer })),
    ...cells.slice(layer * heads, (layer + 1) * heads),
  ]);
  const label = say("Where the last token looks in each head");
  const hint = say("Where the last token looks in each head; press one to see it in the text");
  const group = { class: "next-heads", role: "group", "aria-label": label };
  let drawn = null;
  return {
    element: html(
      "div",
      {},
      html("p", { class: "attn-hint" }, hint),
      html("div", group, ...rows.flat()),
    ),
    /** Draws them, where the text is another one. */
    draw(text, names) {
      if (text === drawn) return;
      drawn = text;
      cells.forEach((cell, i) => {
        const [layer, head] = placeOf(i);
        drawCell(cell, { layer, head, names, ...text });
      });
    },
    /** Presses the chosen one; with `head` 0, the average of all, none. */
    mark(layer, head) {
      const chosen = head === 0 ? -1 : layer * heads + head - 1;
      cells.forEach((cell, i) => {
        update(cell, { "aria-pressed": i === chosen });
      });
      if (chosen >= 0) stop(chosen);
    },
  };
}

function drawCell(cell, { layer, head, names, maps, induction }) {
  const row = maps[layer][head];
  const best = argmax(row);
  const lit = isLit(induction, layer, head);
  const told = say(
    lit
      ? "layer {layer}, head {head}: most at “{best}”, {weight}; most like an induction head"
      : "layer {layer}, head {head}: most at “{best}”, {weight}",
    { layer, head, best: visible(names[best]), weight: digits(row[best]) },
  );
  update(cell, { "aria-label": told, title: told });
  cell.classList.toggle("lit", lit);
  cell.lastChild.style.backgroundImage = shading(row);
}

const isLit = (induction, layer, head) =>
  induction !== null && found(induction) && induction.layer === layer && induction.head === head;

/** A row of weights as a background, a cell per token, in the page's color whichever it is. */
function shading(row) {
  const stops = row.map((weight, i) => {
    const [from, to] = [i, i + 1].map((edge) => `${((100 * edge) / row.length).toFixed(2)}%`);
    const share = (100 * weight).toFixed();
    const color =
      share === "0"
        ? "transparent"
        : `color-mix(in srgb, var(--attn-weight) ${share}%, transparent)`;
    return `${color} ${from} ${to}`;
  });
  return `linear-gradient(to right, ${stops.join(", ")})`;
}
