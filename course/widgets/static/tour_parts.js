// What the tour is made of: the map, what happens at one place of it, and one number's way.

import { digits, html, setText, update } from "./dom.js";
import { argmax } from "./math.js";
import { say } from "./say.js";
import { stripOf } from "./strip.js";
import { STEPS } from "./tour_steps.js";

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
const CHOICES = {
  word: ({ english }) => [say("English word"), english],
  key: ({ english }) => [say("looked at"), english],
  head: ({ heads }) => [say("head"), Array.from({ length: heads }, (_, head) => `${head}`)],
  place: ({ french }) => [say("after the French word"), french],
};
/** What may be chosen at each place of the map. */
const USED = {
  english: ["word"],
  vectors: ["word"],
  "encoder.0": ["word", "key", "head"],
  "encoder.1": ["word", "head"],
  "decoder.0": ["place", "head"],
  "decoder.1": ["place", "key", "head"],
  next: ["place"],
  french: ["place"],
};

/** The view: `go(step)`, `play()` and `choose(traits)` hear what the reader does. */
export function partsOf({ go, play, choose }) {
  const map = wayMap(go);
  const title = html("p", { class: "tour-title" });
  const says = html("p", { class: "attn-says", role: "status" });
  const buttons = stepButtons(go, play);
  const choices = html("div", { class: "tour-choices" });
  const pickers = Object.keys(CHOICES).map((trait) => picker(trait, choose));
  const picture = html("div", { class: "tour-picture" });
  const number = numberPanel(choose);
  const below = [buttons.element, choices, picture, number.element];
  const part = html("div", { class: "tour-part" }, title, says, ...below);
  const columns = html("div", { class: "tour-columns" }, map.element, part);
  return {
    element: html("div", { class: "attn tour" }, columns),
    show(now) {
      const here = STEPS[now.step - 1];
      map.show(here.at, now);
      setText(
        title,
        say("{step} of {steps} · {title}", {
          step: now.step,
          steps: STEPS.length,
          title: here.title,
        }),
      );
      setText(says, here.says(now));
      buttons.show(now);
      const used = now.step === 1 ? [] : USED[here.at];
      const shown = pickers.filter(({ trait }) => used.includes(trait));
      for (const one of shown) one.show(now);
      fill(
        choices,
        shown.map(({ element }) => element),
      );
      const strips = here.strips?.(now) ?? [];
      const count = strips.at(-1)?.numbers.length ?? 0;
      const near = { ...now, number: Math.max(0, Math.min(now.number, count - 1)) };
      picture.replaceChildren(...drawn(strips, here.number && near.number, choose));
      picture.append(...bars(here.bars?.(now) ?? []));
      number.show(here.number?.(near) ?? null, count, near.number);
    },
  };
}

/** Puts children into an element, unless they stand there: what moves would lose the focus. */
function fill(element, children) {
  const same = children.length === element.children.length;
  if (!same || children.some((child, i) => child !== element.children[i])) {
    element.replaceChildren(...children);
  }
}

function drawn(strips, at, choose) {
  const highest = Math.max(...strips.flatMap(({ numbers }) => Array.from(numbers, Math.abs)));
  return strips.map((one) => stripOf(one, highest, at, (number) => choose({ number })));
}

function stepButtons(go, play) {
  let step = 1;
  const button = (text, press) => {
    const made = html("button", { type: "button" }, text);
    made.addEventListener("click", press);
    return made;
  };
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
    const button = html("button", { type: "button", style: `grid-area: ${at.replace(".", "-")}` });
    button.append(name, seen);
    button.addEventListener("click", () => go(1 + STEPS.findIndex((step) => step.at === at)));
    return { at, button, seen, glimpse };
  });
  return {
    element: html(
      "div",
      {
        class: "tour-map",
        role: "group",
        "aria-label": say("The whole translator: press a part to go there"),
      },
      ...places.map(({ button }) => button),
    ),
    show(here, now) {
      for (const { at, button, seen, glimpse } of places) {
        update(button, { "aria-pressed": at === here });
        setText(seen, glimpse(now));
      }
    },
  };
}

/** A menu of what to follow. */
function picker(trait, choose) {
  const select = html("select", {});
  const label = html("span", {});
  let offered = [];
  select.addEventListener("change", () => choose({ [trait]: select.selectedIndex }));
  return {
    trait,
    element: html("label", {}, label, select),
    show(now) {
      const [name, options] = CHOICES[trait](now);
      setText(label, name);
      if (options.join() !== offered.join()) {
        select.replaceChildren(...options.map((option) => html("option", {}, option)));
        offered = options;
      }
      select.selectedIndex = now[trait];
    },
  };
}

function bars(rows) {
  if (rows.length === 0) return [];
  const lines = rows.map(({ label, share, text, chosen = false }) =>
    html(
      "li",
      { class: chosen ? "chosen" : "", style: `--weight: ${share.toFixed(3)}` },
      html("span", {}, label),
      html("span", { class: "tour-bar" }),
      html("span", { class: "digits" }, text),
    ),
  );
  return [html("ol", { class: "tour-bars" }, ...lines)];
}

/** One number, and every product that it is the sum of. */
function numberPanel(choose) {
  const slider = html("input", {
    type: "range",
    min: 0,
    step: 1,
    "aria-label": say("which number"),
  });
  slider.addEventListener("input", () => choose({ number: Number(slider.value) }));
  const title = html("p", { class: "tour-sum" });
  const list = html("ol", {
    class: "tour-terms",
    tabindex: 0,
    "aria-label": say("What it is the sum of"),
  });
  const element = html("div", { class: "tour-number" });
  return {
    element,
    show(explained, count, number) {
      if (explained === null) return fill(element, []);
      slider.max = Math.max(0, count - 1);
      slider.value = number;
      const { name, terms, value } = explained;
      setText(
        title,
        say("{name} = {value}: {way}", {
          name,
          value: digits(value, 4),
          way: wayOf(explained),
        }),
      );
      list.replaceChildren(...terms.map(term));
      fill(element, [...(count > 0 ? [slider] : []), title, list]);
    },
  };
}

/** How a number comes from its terms, in words. */
function wayOf({ way, letters = [], after = "" }) {
  if (way !== undefined) return way;
  const product = `${letters.join(" · ")} ${after}`.trim();
  return product === "" ? say("the sum") : say("the sum of {product}", { product });
}

const term = ([label, a, b]) =>
  html(
    "li",
    {},
    html("span", {}, label),
    html("span", { class: "digits" }, b === 1 ? "" : `${digits(a, 3)} · ${digits(b, 3)}`),
    html("span", { class: "digits" }, digits(a * b, 3)),
  );
