// Where a ViT looks on a digit: the model runs in the page, and patches can be blanked.

import { arePlaces } from "./checks.js";
import { button, digits, html, setText, spoken, update } from "./dom.js";
import { argmax, ofHead } from "./math.js";
import { set, watch } from "./model.js";
import { patchDrawing } from "./patches.js";
import { roving } from "./roving.js";
import { say } from "./say.js";
import { trained } from "./trained.js";
import { vit } from "./vit.js";

const INK = 16; // the darkest a pixel can be

/** Weights of one query in one layer: of a head from 1, or (0) averaged over all. */
export function weightsFrom(maps, layer, head, place) {
  return ofHead(
    maps[layer].map((map) => map[place]),
    head,
  );
}

/** The picture without the ink of the patches in `off`, an array of their numbers from 0. */
export function withoutPatches(pixels, off, { side, patch }) {
  return pixels.map((ink, i) => (off.includes(patchAt(i, side, patch)) ? 0 : ink));
}

export function patchAt(pixel, side, patch) {
  const [y, x] = [Math.floor(pixel / side), pixel % side];
  return Math.floor(y / patch) * (side / patch) + Math.floor(x / patch);
}

/** A place of the sequence in words: [class], or a patch by row and column. */
export function placeName(place, across) {
  if (place === 0) return "[class]";
  const row = Math.floor((place - 1) / across) + 1;
  return say("row {row}, column {column}", { row, column: ((place - 1) % across) + 1 });
}

/** What the picture shows, in words; `blank` is whether it shows nothing of the digit. */
export function whatIsSeen(label, probabilities, weights, query, across, blank = false) {
  const read = argmax(probabilities);
  const reading = { label, read, probability: digits(probabilities[read]) };
  if (blank)
    return say(
      "Nothing of the {label} is left to read. The model has to name some class, and names {read}, with probability {probability}.",
      reading,
    );
  const best = argmax(weights);
  const patch = say("The patch in {place}", { place: placeName(query, across) });
  const looking = say(
    best === query
      ? "{asking} looks most at itself: {weight} of its attention."
      : "{asking} looks most at {place}: {weight} of its attention.",
    {
      asking: query === 0 ? "[class]" : patch,
      place: placeName(best, across),
      weight: digits(weights[best]),
    },
  );
  const written = say(
    "Written as {label}, read as {read} with probability {probability}.",
    reading,
  );
  return `${written} ${looking}`;
}

async function render({ model, el }) {
  let network = null;
  const parts = partsOf(model.get("shape"), {
    press: (patch) => blank(toggled(model.get("off"), patch)),
    look: (place) => set(model, { place }),
  });
  const most = html("button", { type: "button" }, say("Blank the patch it looks at most"));
  const all = button(say("Show every patch"), () => blank([]));
  const root = layout(parts, [most, all]);
  root.hidden = true; // the still picture stands until the model is there
  el.append(root);

  const show = () => {
    const seen = seenBy(network, model);
    parts.show(seen);
    most.disabled = seen.favorite === null;
    all.disabled = seen.off.length === 0;
  };
  const blank = (off) => set(model, { off });
  most.addEventListener("click", () => {
    blank([...model.get("off"), seenBy(network, model).favorite]);
  });
  watch(model, ["picture"], () => blank([]));
  watch(model, ["picture", "off", "layer", "head", "place"], show);
  await trained({ model, el }, vit, (found) => {
    network = remembering(found);
    show();
    root.hidden = false;
  });
}

/** The network, which counts anew for other pixels only: a layer, a head and a place choose what is shown. */
function remembering(network) {
  let [last, found] = [null, null];
  return (pixels) => {
    const name = pixels.join();
    if (name !== last) [last, found] = [name, network(pixels)];
    return found;
  };
}

const toggled = (list, one) =>
  list.includes(one) ? list.filter((other) => other !== one) : [...list, one];

/** All that is to be seen now. Without a network there are no weights and no probabilities. */
function seenBy(network, model) {
  const shape = model.get("shape");
  const [picture, place, off] = ["picture", "place", "off"].map((trait) => model.get(trait));
  const pixels = withoutPatches(model.get("pictures")[picture], off, shape).map((ink) => ink / INK);
  const seen = { pixels, off, place, label: model.get("labels")[picture], favorite: null };
  if (network === null) return seen;
  const { probabilities, maps } = network(pixels);
  const weights = weightsFrom(maps, model.get("layer"), model.get("head"), place);
  const shown = weights.slice(1).map((weight, i) => (off.includes(i) ? -1 : weight));
  const favorite = off.length === shown.length ? null : argmax(shown);
  return { ...seen, probabilities, weights, favorite };
}

function layout({ digit, looks, classes, sentence }, buttons) {
  const column = (title, ...parts) =>
    html("div", { class: "wl-column" }, html("p", { class: "wl-title" }, title), ...parts);
  return html(
    "div",
    { class: "attn wl" },
    html(
      "div",
      { class: "wl-columns" },
      column(say("the digit: press a patch to blank it"), digit.element),
      column(say("where it looks"), ...looks.elements),
      column(say("what it reads"), classes.element),
    ),
    sentence,
    html("div", { class: "attn-buttons" }, ...buttons),
  );
}

function partsOf(shape, { press, look }) {
  const across = shape.side / shape.patch;
  const digit = digitToPress(shape, press);
  const looks = placesLookedAt(shape, look);
  const classes = classBars();
  const sentence = spoken("attn-says");
  return {
    digit,
    looks,
    classes,
    sentence,
    show(seen) {
      digit.show(seen);
      looks.show(seen);
      if (seen.weights === undefined) return;
      const { label, probabilities, weights, place, pixels } = seen;
      const blank = pixels.every((ink) => ink === 0);
      classes.show(probabilities);
      setText(sentence, whatIsSeen(label, probabilities, weights, place, across, blank));
    },
  };
}

/** The digit as the model gets it, under a button for each patch. */
function digitToPress(shape, press) {
  const drawing = patchDrawing(say("The digit as the model gets it"), shape);
  const { across } = drawing;
  const buttons = Array.from({ length: across ** 2 }, (_, i) => button("", () => press(i)));
  roving(buttons, across);
  const label = say("Patches: press one to blank it, arrow keys to move");
  return {
    element: html(
      "div",
      { class: "wl-grid", role: "group", "aria-label": label },
      drawing.element,
      ...buttons,
    ),
    show({ pixels, off, place }) {
      drawing.show({ pixels, shade: 1, off, place });
      buttons.forEach((one, i) => {
        update(one, {
          "aria-pressed": off.includes(i),
          "aria-label": say("blank {place}", { place: placeName(i + 1, across) }),
        });
      });
    },
  };
}

/** The weights over the patches: press one to look from it. */
function placesLookedAt(shape, look) {
  const drawing = patchDrawing(say("Attention weights over the patches"), shape);
  const own = html("p", { class: "wl-own digits" });
  drawing.element.addEventListener("click", (event) => look(1 + drawing.patchUnder(event)));
  return {
    elements: [drawing.element, own],
    show({ pixels, place, weights }) {
      drawing.show({ pixels, shade: 0.2, weights: weights?.slice(1), place });
      if (weights === undefined) return;
      setText(own, say("and at [class]: {weight}", { weight: digits(weights[0]) }));
    },
  };
}

/** A bar for each class, the likeliest in bold. */
function classBars() {
  const rows = Array.from({ length: 10 }, (_, digit) => {
    const bar = html("span", { class: "wl-bar" });
    const share = html("span", { class: "digits" });
    const name = html("span", {}, `${digit}`);
    return {
      bar,
      share,
      row: html("li", {}, name, html("span", { class: "wl-track" }, bar), share),
    };
  });
  return {
    element: html("ol", { class: "wl-classes", start: 0 }, ...rows.map(({ row }) => row)),
    show(probabilities) {
      const read = argmax(probabilities);
      rows.forEach(({ bar, share, row }, digit) => {
        bar.style.width = `${(100 * probabilities[digit]).toFixed(1)}%`;
        setText(share, digits(probabilities[digit]));
        row.className = digit === read ? "wl-read" : "";
      });
    },
  };
}

/** What an address may set. */
const shared = {
  off: (value, model) => {
    const { side, patch } = model.get("shape");
    return arePlaces(value, (side / patch) ** 2);
  },
};

export default { render, shared };
