// What the tour is made of: the map, what happens at one place of it, and one number worked out.

import { button, html, setText, spoken, update } from "./dom.js";
import { argmax } from "./math.js";
import { say } from "./say.js";
import { numberPanel } from "./tour_number.js";
import { pictureOf } from "./tour_picture.js";
import { STEPS, shownIn } from "./tour_steps.js";

const heads = ({ heads: count }) => say("{count} heads", { count });
const twice = ({ heads: count }) => say("{count} + {count} heads", { count });
const MAP = {
  next: { name: say("next word"), glimpse: (now) => now.name(argmax(now.trace.logits[now.place])) },
  "decoder.1": { name: say("decoder layer 1"), glimpse: twice },
  "encoder.1": { name: say("encoder layer 1"), glimpse: heads },
  "decoder.0": { name: say("decoder layer 0"), glimpse: twice },
  "encoder.0": { name: say("encoder layer 0"), glimpse: heads },
  french: {
    name: say("French so far"),
    glimpse: ({ french, place }) => french.slice(0, place + 1).join(" "),
  },
  vectors: {
    name: say("vectors"),
    glimpse: ({ trace: { english } }) =>
      say("{rows} × {columns} numbers", { rows: english.length, columns: english[0].length }),
  },
  english: { name: say("English words"), glimpse: ({ english }) => english.join(" ") },
};
/** The menus of what may be followed. */
const MENUS = {
  word: ({ english }) => [say("English word"), english],
  key: ({ english }) => [say("looked at"), english],
  head: ({ heads }) => [say("head"), Array.from({ length: heads }, (_, head) => `${head}`)],
  place: ({ french }) => [say("after the French word"), french],
  past: ({ french, place }) => [say("looked at"), french.slice(0, place + 1)],
};

/** The view: `go(step)`, `play()` and `choose(traits)` hear what the reader does. */
export function partsOf({ go, play, choose }) {
  const map = wayMap(go);
  const title = html("p", { class: "tour-title" });
  const says = spoken("attn-says");
  const buttons = stepButtons(go, play);
  const menus = html("div", { class: "tour-menus" });
  const menu = Object.fromEntries(
    Object.keys(MENUS).map((trait) => [trait, menuOf(trait, choose)]),
  );
  const picture = pictureOf(choose);
  const number = numberPanel(choose);
  const part = html("div", { class: "tour-part" }, buttons.element, title, says, menus);
  const columns = [map.element, part, picture.element, number.element];
  return {
    element: html(
      "div",
      { class: "attn tour" },
      html("div", { class: "tour-columns" }, ...columns),
    ),
    show(now) {
      const here = STEPS[now.step - 1];
      const { step } = now;
      map.show(here.at, now);
      const told = { step, steps: STEPS.length, title: here.title };
      setText(title, say("{step} of {steps} · {title}", told));
      setText(says, here.says(now));
      buttons.show(now);
      const asked = (here.asks ?? []).map((trait) => menu[trait]);
      for (const one of asked) one.show(now);
      fill(menus, ...asked.map(({ element }) => element));
      const shown = shownIn(here, now);
      const last = (shown.followed.numbers?.length ?? 1) - 1;
      const near = { ...now, number: Math.min(now.number, last) };
      picture.show(here, near, shown);
      number.show(shown, near.number);
    },
  };
}

/** Puts children into an element, unless they stand there: what moves would lose the focus. */
function fill(element, ...children) {
  const same = children.length === element.children.length;
  if (!same || children.some((child, i) => child !== element.children[i])) {
    element.replaceChildren(...children);
  }
}

function stepButtons(go, play) {
  let step = 1;
  const back = button(say("Back"), () => go(step - 1));
  const next = button(say("Next"), () => go(step + 1));
  const start = button(say("Back to the map"), () => go(1));
  const auto = button("", play);
  return {
    element: html("div", { class: "attn-buttons" }, back, next, auto, start),
    show(now) {
      step = now.step;
      back.disabled = start.disabled = step === 1;
      next.disabled = auto.disabled = step === STEPS.length;
      setText(auto, say(now.playing ? "Stop" : "Go by itself"));
    },
  };
}

/** The whole translator as buttons, each of which goes to its first step. */
function wayMap(go) {
  const places = Object.entries(MAP).map(([at, { name, glimpse }]) => {
    const seen = html("span", { class: "tour-glimpse" });
    const place = html("button", { type: "button", class: at.replace(".", "-") });
    place.append(name, seen);
    place.addEventListener("click", () => go(1 + STEPS.findIndex((step) => step.at === at)));
    return { at, place, seen, glimpse };
  });
  return {
    element: html(
      "div",
      {
        class: "tour-map",
        role: "group",
        "aria-label": say("The whole translator: press a part to go there"),
      },
      ...places.map(({ place }) => place),
    ),
    show(here, now) {
      for (const { at, place, seen, glimpse } of places) {
        update(place, { "aria-pressed": at === here });
        setText(seen, glimpse(now));
      }
    },
  };
}

/** A menu of what to follow. */
function menuOf(trait, choose) {
  const select = html("select", {});
  const label = html("span", {});
  let offered = [];
  select.addEventListener("change", () => choose({ [trait]: select.selectedIndex }));
  return {
    element: html("label", {}, label, select),
    show(now) {
      const [name, options] = MENUS[trait](now);
      setText(label, name);
      if (options.join() !== offered.join()) {
        select.replaceChildren(...options.map((option) => html("option", {}, option)));
        offered = options;
      }
      select.selectedIndex = now[trait];
    },
  };
}
