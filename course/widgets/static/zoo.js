// The zoo: a card for every type in the registry; family, tier and search choose which ones show.

import { html, setText, spoken } from "./dom.js";
import { watch } from "./model.js";
import { say } from "./say.js";
import { zooCard } from "./zoo_card.js";
import { asked, counted, matches, rank, tierOf } from "./zoo_search.js";

function render({ model, el }) {
  const all = model.get("cards");
  const formulas = setFormulas();
  const made = new Map(); // a card is made when it is first to show
  const shown = (card) => {
    if (!made.has(card)) made.set(card, zooCard(card, formulas.get(card.name)));
    return made.get(card);
  };
  const status = spoken("zoo-status");
  const list = html("ul", { class: "zoo-cards" });
  el.append(html("div", { class: "attn zoo" }, status, list));

  const show = () => {
    const chosen = choice(model);
    const { search } = chosen;
    const fits = all.filter((card) => matches(card, chosen));
    if (search.trim()) fits.sort((a, b) => rank(a, search) - rank(b, search));
    const cards = fits.map(shown);
    arrange(
      list,
      cards.map(({ element }) => element),
    );
    const count = counted(fits.length, all.length, asked(chosen));
    const everywhere = chosen.tier !== model.get("tier");
    setText(status, everywhere ? `${count} ${say("A search looks in all tiers.")}` : count);
    letKeyboardReach(cards);
  };
  watch(model, ["family", "tier", "part", "model", "year", "cost", "search"], show);
  show();
}

/** Leaves these elements in the list, in this order; what stands right is not touched. */
function arrange(list, elements) {
  const wanted = new Set(elements);
  for (const one of [...list.children]) if (!wanted.has(one)) one.remove();
  elements.forEach((one, i) => {
    if (list.children[i] !== one) list.insertBefore(one, list.children[i] ?? null);
  });
}

/** What the controls say, each list's choice by its name or null. */
function choice(model) {
  const of = (list, index) => (model.get(index) ? model.get(list)[model.get(index) - 1] : null);
  const search = model.get("search");
  return {
    family: of("families", "family"),
    tier: tierOf(model.get("tier"), search),
    part: of("parts", "part"),
    user: of("models", "model"),
    years: of("years", "year"),
    growth: of("growths", "cost"),
    search,
  };
}

/** The formulas that the build has set in the still picture, by type: the cards take them. */
function setFormulas() {
  const cells = [...document.querySelectorAll(".attn-picture [data-type]")];
  return new Map(cells.map((one) => [one.dataset.type, one.querySelector("mjx-container")]));
}

const idle = (act) => (window.requestIdleCallback ?? setTimeout)(act);
const looked = new WeakSet();

/** Long formulas scroll, so the keyboard must reach them; one is measured whenever there is time. */
function letKeyboardReach(cards) {
  const next = cards.find((card) => !looked.has(card));
  if (!next) return;
  looked.add(next);
  idle(() => {
    const { scrollWidth, clientWidth } = next.formula;
    if (scrollWidth > clientWidth) next.formula.setAttribute("tabindex", "0");
    letKeyboardReach(cards);
  });
}

export default { render };
