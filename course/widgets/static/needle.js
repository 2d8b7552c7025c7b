// A needle moved along the text: which of the measured networks still find it.

import { html, setText, spoken, update } from "./dom.js";
import { watch } from "./model.js";
import { say } from "./say.js";

const PARTS = 16;

/** Percent found, by network, where the needle stands in this part of a text of this length. */
export function shares(found, tokens, part) {
  return Object.entries(found).map(([name, lengths]) => ({ name, share: lengths[tokens][part] }));
}

/** What the picture shows, in words. */
export function describe({ length, part }, told) {
  const away = Math.round(((PARTS - part - 0.5) / PARTS) * length);
  const sure = told.filter(({ share }) => share >= 95);
  const lost = told.filter(({ share }) => share < 50);
  const where = say("{length} tokens, the needle about {away} before the question.", {
    length,
    away,
  });
  const always = say("Found nearly always (95 % or more): {names}.", { names: listed(sure) });
  const seldom = say("Found less than half the time: {names}.", { names: listed(lost) });
  return `${where} ${always} ${seldom}`;
}

function listed(chosen) {
  if (chosen.length === 0) return say("none");
  return chosen.map(({ name }) => name).reduce((x, y) => say("{x}; {y}", { x, y }));
}

function render({ model, el }) {
  const found = model.get("found");
  const places = Array.from({ length: PARTS }, () => html("span", {}));
  const asked = html("span", { class: "asked" }, "?");
  const strip = html("div", { class: "needle-text", role: "img" }, ...places, asked);
  const rows = Object.keys(found).map(bar);
  const table = html(
    "table",
    { class: "needle-bars" },
    html("caption", {}, say("needles found, mean of five networks trained on 64 tokens")),
    html("tbody", {}, ...rows.map(({ element }) => element)),
  );
  const says = spoken("attn-says");
  el.append(html("div", { class: "attn needle" }, strip, table, says));
  const show = () => {
    const [tokens, part] = [model.get("tokens"), model.get("part")];
    const told = shares(found, tokens, part);
    places.forEach((place, i) => {
      place.className = i === part ? "here" : "";
    });
    rows.forEach((row, i) => {
      row.show(told[i].share);
    });
    update(strip, {
      "aria-label": say("The needle in part {part} of {parts}, the question at the end", {
        part,
        parts: PARTS,
      }),
    });
    setText(says, describe({ length: model.get("lengths")[tokens], part }, told));
  };
  watch(model, ["part", "tokens"], show);
  show();
}

function bar(name) {
  const line = html("span", { class: "bar" });
  const number = html("td", { class: "digits" });
  const track = html("td", { class: "track" }, line);
  return {
    element: html("tr", {}, html("th", { scope: "row" }, name), track, number),
    show(share) {
      line.style.width = `${share}%`;
      setText(number, `${share} %`);
    },
  };
}

export default { render };
