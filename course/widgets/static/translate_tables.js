// Under the sentences: which words might have come, and the weights and heads to change.

import { digits, html, redraw, setText, update } from "./dom.js";
import { hasEdit, isSet, nameOf } from "./edits.js";
import { say } from "./say.js";
import { textOf } from "./sentence.js";
import { editOf, weightsOf } from "./translating.js";

const TITLES = {
  cross: (of) => say("“{word}” looks at English (cross-attention), layer {layer}", of),
  decoder: (of) => say("“{word}” looks at French (decoder self-attention), layer {layer}", of),
  encoder: (of) => say("“{word}” looks at English (encoder self-attention), layer {layer}", of),
};
const SCOPES = [
  say("A weight moved here changes this word alone, in this layer and head."),
  say("A weight moved here changes every word, in this layer and head."),
  say("A weight moved here changes every word, in every layer and head."),
];

/** `edit(part, key, weight)` hears of a weight that is moved, `flip(layer, head)` of a head. */
export function choiceTables(heads, { edit, flip }) {
  const choices = html("ol", { class: "tl-choices" });
  const title = html("p", { class: "attn-hint" });
  const summary = html("summary", {});
  const hint = html("p", { class: "attn-hint" });
  const parts = Object.keys(TITLES).map((part) => weightTable(part, heads, edit, flip));
  const tables = html("div", { class: "tl-parts" });
  const fold = html("details", { class: "tl-fold" }, summary, hint, tables);
  return {
    element: html("div", {}, title, choices, fold),
    show(now) {
      const { source, steps, chosen, beam, scope } = now;
      const name = chosen < 0 ? source[-1 - chosen] : steps[chosen].word;
      setText(title, titleOf(beam, chosen));
      redraw(choices, ...(beam ? beam.map(found) : steps[Math.max(chosen, 0)].top.map(likely)));
      setText(
        summary,
        say("Change where “{word}” looks, or switch off a head", {
          word: name,
        }),
      );
      setText(hint, SCOPES[scope]);
      const shown = parts.filter(({ part }) => (part === "encoder") === chosen < 0);
      for (const part of shown) part.show(now);
      fill(
        tables,
        shown.map(({ element }) => element),
      );
    },
  };
}

function titleOf(beam, chosen) {
  if (beam) return say("What the beam found, with log P / length penalty");
  return say(
    chosen < 0
      ? "The likeliest first words, with their chances"
      : "The likeliest words here, with their chances",
  );
}

/** Puts children into an element, unless they stand there: what moves would lose focus and grip. */
function fill(element, children) {
  const same = children.every((child, i) => child === element.children[i]);
  if (!same || children.length < element.children.length) element.replaceChildren(...children);
}

const likely = ([word, chance]) =>
  html(
    "li",
    { style: `--weight: ${chance.toFixed(3)}` },
    html("span", { lang: "fr" }, word),
    html("span", { class: "tl-bar" }),
    html("span", { class: "digits" }, digits(chance, 3)),
  );

const found = ({ words, score }) =>
  html(
    "li",
    { class: "tl-found" },
    html("span", { lang: "fr" }, textOf(words)),
    html("span", { class: "digits" }, digits(score)),
  );

/** The weights of the chosen word in one part as sliders, and the heads of that layer. */
function weightTable(part, heads, edit, flip) {
  const title = html("p", { class: "tl-title" });
  let layer = 0;
  const switches = Array.from({ length: heads }, (_, head) => {
    const made = html("button", { type: "button" });
    made.addEventListener("click", () => flip(nameOf(part, layer), head));
    return made;
  });
  const group = html("div", { class: "attn-buttons", role: "group" }, ...switches);
  const list = html("ol", { class: "tl-sliders" });
  const rows = [];
  return {
    part,
    element: html("div", {}, title, group, list),
    show(now) {
      const { source, steps, chosen, place, head, off, edits, still, stale } = now;
      layer = now.layer;
      const name = chosen < 0 ? source[place] : steps[place].word;
      setText(title, TITLES[part]({ word: name, layer }));
      group.setAttribute("aria-label", say("heads of {layer}", { layer: nameOf(part, layer) }));
      switches.forEach((one, i) => {
        const on = !off[nameOf(part, layer)]?.includes(i);
        setText(one, say(on ? "head {head} on" : "head {head} off", { head: i }));
        update(one, { "aria-pressed": on });
        one.disabled = still || stale;
      });
      const keys = part === "decoder" ? [say("start"), ...steps.map(({ word }) => word)] : source;
      const weights = weightsOf(now, part, layer, head, place);
      while (rows.length < weights.length) {
        const key = rows.length;
        rows.push(weightSlider((weight) => edit(part, key, weight)));
      }
      fill(
        list,
        rows.slice(0, weights.length).map((row) => row.element),
      );
      weights.forEach((weight, key) => {
        rows[key].show(keys[key], weight, name, {
          set: isSet(edits, part, layer, head - 1, place, key),
          none: hasEdit(edits, editOf(part, now, key, 0)),
          disabled: still || stale,
        });
      });
    },
  };
}

function weightSlider(move) {
  const word = html("span", {});
  const input = html("input", { type: "range", min: 0, max: 1, step: 0.01 });
  const share = html("span", { class: "digits" });
  const none = html("button", { type: "button" }, "0");
  input.addEventListener("input", () => move(Number(input.value)));
  none.addEventListener("click", () => move(0));
  const element = html("li", {}, html("label", {}, word, input), share, none);
  return {
    element,
    show(key, weight, name, now) {
      setText(word, key);
      input.value = weight;
      input.disabled = now.disabled;
      none.disabled = now.disabled || now.none;
      setText(share, digits(weight));
      element.classList.toggle("set", now.set);
      update(none, {
        "aria-label": say("no weight of {word} for {other}", { word: key, other: name }),
      });
      update(input, {
        "aria-label": say("weight of {word} for {other}", { word: key, other: name }),
        "aria-valuetext": digits(weight),
      });
    },
  };
}
