// Merges: a text in pieces, by the number of pairs that were joined.

import { bytePairs } from "./byte_pair.js";
import { digits, html, redraw } from "./dom.js";
import { watch } from "./model.js";

/** The text's pieces with the first `count` merges, without characters that are not known. */
export function cut({ characters, merges, count, text }) {
  const { pieces, encode } = bytePairs(characters, merges.slice(0, count));
  const known = [...text].filter((character) => characters.includes(character)).join("");
  return encode(known).map((number) => pieces[number]);
}

/** What the picture shows, in words. */
export function describe({ characters, merges, count, text }, pieces) {
  const { pieces: all } = bytePairs(characters, merges.slice(0, count));
  const unknown = [...new Set(text)].filter((character) => !characters.includes(character));
  const length = pieces.join("").length;
  const last = count === 0 ? "" : ` The last pair joined: “${visible(all.at(-1))}”.`;
  const left = unknown.length === 0 ? "" : ` Not in the plays, and left out: ${unknown.join(" ")}`;
  return (
    `${all.length} different pieces; the text has ${length} characters in ${pieces.length} pieces, ` +
    `${digits(pieces.length === 0 ? 0 : length / pieces.length, 1)} characters each.${last}${left}`
  );
}

const visible = (piece) => piece.replaceAll(" ", "␣").replaceAll("\n", "↵");

function render({ model, el }) {
  const line = html("ol", { class: "merge-pieces", "aria-label": "The text in pieces" });
  const says = html("p", { class: "attn-says", role: "status" });
  el.append(html("div", { class: "attn merge" }, line, says));
  const show = () => {
    const state = {
      characters: model.get("characters"),
      merges: model.get("merges"),
      count: model.get("counts")[model.get("count")],
      text: model.get("text"),
    };
    const pieces = cut(state);
    redraw(line, ...pieces.map((piece) => html("li", {}, visible(piece))));
    says.textContent = describe(state, pieces);
  };
  watch(model, ["count", "text"], show);
  show();
}

export default { render };
