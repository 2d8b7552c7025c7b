// Where a ViT looks on a digit: the model runs in the page, and patches can be blanked.

import { asset } from "./asset.js";
import { digits, html, svg, update } from "./dom.js";
import { readSafetensors } from "./safetensors.js";
import { vit } from "./vit.js";

const LOOK_CELL = 40; // units of the drawing, the side of a patch

/** Weights of one query in one layer, of one head or averaged over all (head −1). */
export function weightsFrom(maps, layer, head, query) {
  const heads = head < 0 ? maps[layer] : [maps[layer][head]];
  return heads[0][query].map(
    (_, key) => heads.reduce((sum, rows) => sum + rows[query][key], 0) / heads.length,
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
  return `row ${Math.floor((place - 1) / across) + 1}, column ${((place - 1) % across) + 1}`;
}

/** What the picture shows, in words. */
export function whatIsSeen(label, probabilities, weights, query, across) {
  const read = probabilities.indexOf(Math.max(...probabilities));
  const best = weights.indexOf(Math.max(...weights));
  return (
    `Written as ${label}, read as ${read} with probability ` +
    `${digits(probabilities[read])}. ${query === 0 ? "[class]" : `The patch in ${placeName(query, across)}`} ` +
    `looks most at ${best === query ? "itself" : placeName(best, across)}: ` +
    `${digits(weights[best])} of its attention.`
  );
}

function render({ model, el }) {
  const shape = model.get("shape");
  const across = shape.side / shape.patch;
  const size = across * LOOK_CELL;
  let off = []; // the blanked patches, from 0
  let network = null;

  const ink = drawing("The digit as the model gets it");
  const buttons = Array.from({ length: across ** 2 }, (_, i) => patchButton(i));
  const grid = html(
    "div",
    {
      class: "wl-grid",
      role: "group",
      "aria-label": "Patches: press one to blank it, arrow keys to move",
    },
    ink,
    ...buttons,
  );
  const map = drawing("Attention weights over the patches");
  const own = html("p", { class: "wl-own digits" });
  const bars = Array.from({ length: 10 }, () => html("span", { class: "wl-bar" }));
  const shares = bars.map(() => html("span", { class: "digits" }));
  const rows = bars.map((bar, digit) =>
    html(
      "li",
      {},
      html("span", {}, String(digit)),
      html("span", { class: "wl-track" }, bar),
      shares[digit],
    ),
  );
  const sentence = html("p", { class: "wl-sentence", role: "status" });
  const most = html("button", { type: "button" }, "Blank the patch it looks at most");
  const all = html("button", { type: "button" }, "Show every patch");
  const column = (title, ...parts) =>
    html("div", { class: "wl-column" }, html("p", { class: "wl-title" }, title), ...parts);
  el.append(
    html(
      "div",
      { class: "attn wl" },
      html(
        "div",
        { class: "wl-columns" },
        column("the digit: press a patch to blank it", grid),
        column("where it looks", map, own),
        column("what it reads", html("ol", { class: "wl-classes", start: 0 }, ...rows)),
      ),
      sentence,
      html("div", { class: "wl-buttons" }, most, all),
    ),
  );

  function drawing(label) {
    return svg("svg", {
      viewBox: `-2 -2 ${size + 4} ${size + 4}`,
      role: "img",
      "aria-label": label,
    });
  }

  function patchButton(number) {
    const button = html("button", { type: "button", tabindex: number === 0 ? 0 : -1 });
    button.addEventListener("click", () => toggle(number));
    return button;
  }

  function toggle(number) {
    off = off.includes(number) ? off.filter((other) => other !== number) : [...off, number];
    show();
  }

  const squares = (pixels, shade) =>
    pixels.map((amount, i) =>
      svg("rect", {
        x: ((i % shape.side) * LOOK_CELL) / shape.patch,
        y: (Math.floor(i / shape.side) * LOOK_CELL) / shape.patch,
        width: LOOK_CELL / shape.patch,
        height: LOOK_CELL / shape.patch,
        class: "wl-ink",
        "fill-opacity": ((shade * amount) / 16).toFixed(3),
      }),
    );
  const corner = (number) => ({
    x: (number % across) * LOOK_CELL,
    y: Math.floor(number / across) * LOOK_CELL,
  });
  const cell = (number, attributes) =>
    svg("rect", {
      ...corner(number),
      width: LOOK_CELL,
      height: LOOK_CELL,
      ...attributes,
    });

  function show() {
    const [picture, query] = [model.get("picture"), model.get("place")];
    const pixels = withoutPatches(model.get("pictures")[picture], off, shape);
    ink.replaceChildren(
      ...squares(pixels, 1),
      ...buttons.map((_, i) => cell(i, { class: "wl-line" })),
      ...off.map((i) => cross(corner(i))),
      ...frame(query),
    );
    buttons.forEach((button, i) =>
      update(button, {
        "aria-pressed": off.includes(i),
        "aria-label": `blank ${placeName(i + 1, across)}`,
      }),
    );
    const lines = buttons.map((_, i) => cell(i, { class: "wl-line" }));
    map.replaceChildren(...squares(pixels, 0.2), ...lines, ...frame(query));
    most.disabled = network === null;
    all.disabled = off.length === 0;
    if (network === null) return;

    const { probabilities, maps } = network(pixels.map((amount) => amount / 16));
    const weights = weightsFrom(maps, model.get("layer"), model.get("head") - 1, query);
    const highest = Math.max(...weights.slice(1));
    map.replaceChildren(
      ...weights
        .slice(1)
        .map((weight, i) =>
          cell(i, { class: "wl-weight", "fill-opacity": ((0.55 * weight) / highest).toFixed(3) }),
        ),
      ...squares(pixels, 0.2),
      ...lines,
      ...frame(query),
      ...weights.slice(1).map((weight, i) =>
        svg(
          "text",
          {
            "text-anchor": "middle",
            x: corner(i).x + LOOK_CELL / 2,
            y: corner(i).y + LOOK_CELL / 2 + 4,
          },
          digits(weight),
        ),
      ),
    );
    own.textContent = `and at [class]: ${digits(weights[0])}`;
    const read = probabilities.indexOf(Math.max(...probabilities));
    probabilities.forEach((share, digit) => {
      bars[digit].style.width = `${(100 * share).toFixed(1)}%`;
      shares[digit].textContent = digits(share);
      rows[digit].className = digit === read ? "wl-read" : "";
    });
    sentence.textContent = whatIsSeen(
      model.get("labels")[picture],
      probabilities,
      weights,
      query,
      across,
    );
    most.onclick = () => {
      const shown = weights.slice(1).map((weight, i) => (off.includes(i) ? -1 : weight));
      toggle(shown.indexOf(Math.max(...shown)));
    };
  }

  const frame = (query) => (query === 0 ? [] : [cell(query - 1, { class: "wl-query" })]);
  const cross = ({ x, y }) =>
    svg("path", {
      class: "wl-cross",
      d: `M${x + 8} ${y + 8} l${LOOK_CELL - 16} ${LOOK_CELL - 16} m0 ${16 - LOOK_CELL} l${16 - LOOK_CELL} ${LOOK_CELL - 16}`,
    });

  grid.addEventListener("keydown", (event) => {
    const from = buttons.indexOf(event.target);
    const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -across, ArrowDown: across }[event.key];
    if (from < 0 || step === undefined) return;
    event.preventDefault();
    const to = buttons[from + step];
    if (to === undefined) return;
    buttons.forEach((button) => update(button, { tabindex: button === to ? 0 : -1 }));
    to.focus();
  });
  map.addEventListener("click", (event) => {
    const { left, top, width } = map.getBoundingClientRect();
    const [x, y] = [event.clientX - left, event.clientY - top].map((length) =>
      Math.max(0, Math.min(across - 1, Math.floor((across * length) / width))),
    );
    model.set("place", 1 + y * across + x);
    model.save_changes();
  });
  all.addEventListener("click", () => {
    off = [];
    show();
  });
  model.on("change:picture", () => {
    off = [];
    show();
  });
  for (const key of ["layer", "head", "place"]) model.on(`change:${key}`, show);

  show();
  asset(model, model.get("weights")).then((bytes) => {
    network = vit(readSafetensors(bytes), shape);
    show();
    el.dataset.ready = "true";
  });
}

export default { render };
