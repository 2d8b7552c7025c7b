// Merges: a text in pieces, by the number of pairs that were joined.

import { bytePairs } from "./byte_pair.js";
import { digits, html, redraw, setText, spoken } from "./dom.js";
import { watch } from "./model.js";
import { say } from "./say.js";

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
  const parts = [counted(all.length, pieces.join("").length, pieces.length)];
  if (count > 0) parts.push(say("The last pair joined: “{pair}”.", { pair: visible(all.at(-1)) }));
  const left = unknown.join(" ");
  if (left) parts.push(say("Not in the plays, and left out: {left}", { left }));
  return parts.join(" ");
}

function counted(all, length, count) {
  if (count === 0) return say("{all} different pieces; the text has none of them.", { all });
  if (length === 1) return say("{all} different pieces; the text is a single character.", { all });
  const values = { all, length, count, each: digits(length / count, 1) };
  return count === 1
    ? say("{all} different pieces; the {length} characters of the text are a single piece.", values)
    : say(
        "{all} different pieces; the text has {length} characters in {count} pieces, {each} characters each.",
        values,
      );
}

const visible = (piece) => piece.replaceAll(" ", "␣").replaceAll("\n", "↵");

function render({ model, el }) {
  const line = html("ol", { class: "merge-pieces", "aria-label": say("The text in pieces") });
  const says = spoken("attn-says");
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
    setText(says, describe(state, pieces));
  };
  watch(model, ["count", "text"], show);
  show();
}

export default { render };
