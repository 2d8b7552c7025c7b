// The translator's attention: a trained Transformer in the page, and where it looks for each word.

import { asset } from "./asset.js";
import { digits, html, svg, update } from "./dom.js";
import { readSafetensors } from "./safetensors.js";
import { transformer, translate } from "./transformer.js";

/** Weights of one layer, of one head or averaged over all (head −1): a row for each French word. */
export function weightsOf(written, layer, head) {
  return written.map(({ cross }) => {
    const heads = head < 0 ? cross[layer] : [cross[layer][head]];
    return heads[0].map((_, j) => heads.reduce((sum, row) => sum + row[j], 0) / heads.length);
  });
}

/** The places of a list with the one at `from` moved to `to`. */
export function moved(list, from, to) {
  const rest = list.filter((_, i) => i !== from);
  return [...rest.slice(0, to), list[from], ...rest.slice(to)];
}

/** What the picture shows, in words. */
export function describe(french, english, weights) {
  const best = weights.indexOf(Math.max(...weights));
  return (
    `Writing “${french}”, the model looks most at “${english[best]}”: ` +
    `${digits(weights[best])} of its attention.`
  );
}

const ROW = 34; // px, the height of a word's row

function render({ model, el }) {
  const english = html("ol", {
    class: "tr-words tr-english",
    "aria-label": "English words, in order",
  });
  const french = html("ol", {
    class: "tr-words tr-french",
    "aria-label": "French words, as written",
  });
  const arcs = svg("svg", { class: "tr-arcs", preserveAspectRatio: "none", "aria-hidden": "true" });
  const map = html("div", { class: "tr-map" });
  const sentence = html("p", { class: "tr-sentence", role: "status" });
  const shuffle = html("button", { type: "button" }, "Shuffle the words");
  const restore = html("button", { type: "button" }, "Original order");
  const hint = html(
    "p",
    { class: "tr-hint" },
    "Drag an English word up or down, or focus it and press the arrow keys.",
  );
  el.append(
    html(
      "div",
      { class: "attn tr" },
      html(
        "div",
        { class: "tr-columns" },
        html("div", { class: "tr-lists" }, english, arcs, french),
        map,
      ),
      sentence,
      html("div", { class: "tr-buttons" }, shuffle, restore),
      hint,
    ),
  );

  const specials = model.get("specials");
  let words = original(); // the English words as they stand
  let written = model.get("example"); // what the model makes of them
  let network = null;
  const busy = () => network === null;

  function original() {
    return model.get("sentences")[model.get("sentence")];
  }

  const retranslate = () => {
    if (network === null) return;
    const source = words.map((word) => model.get("source_words").indexOf(word));
    written = translate(network, source, specials)
      .filter(({ word }) => word !== specials.eos)
      .map(({ word, cross }) => ({ word: model.get("target_words")[word], cross }));
    model.set("steps", written.length);
    if (model.get("step") > written.length) model.set("step", written.length);
    model.save_changes();
  };

  const show = () => {
    const now = Math.min(model.get("step"), written.length) - 1;
    const weights = weightsOf(written, model.get("layer"), model.get("head") - 1).map((row) =>
      row.slice(0, words.length),
    );
    const names = written.map(({ word }) => word);
    showWords(weights[now], names, now);
    showArcs(weights, now);
    map.replaceChildren(heatMap(words, names, weights, now));
    sentence.textContent = describe(names[now], words, weights[now]);
  };

  const showWords = (weights, names, now) => {
    english.replaceChildren(
      ...words.map((word, i) => {
        const button = html(
          "button",
          {
            type: "button",
            draggable: "false",
            "data-place": i,
            "aria-label": `${word}, place ${i + 1}, weight ${digits(weights[i])}`,
          },
          word,
        );
        button.disabled = busy();
        return html(
          "li",
          { style: `--weight: ${weights[i].toFixed(3)}` },
          button,
          html("span", { class: "digits" }, digits(weights[i])),
        );
      }),
    );
    french.replaceChildren(
      ...names.map((word, i) => {
        const state = i === now ? "now" : i < now ? "past" : "future";
        const button = html("button", { type: "button", "aria-pressed": i === now }, word);
        button.addEventListener("click", () => choose(i + 1));
        return html("li", { class: state }, button);
      }),
    );
  };

  const showArcs = (weights, now) => {
    const rows = Math.max(words.length, weights.length);
    update(arcs, { viewBox: `0 0 100 ${rows * ROW}`, style: `height: ${rows * ROW}px` });
    const lines = weights.slice(0, now + 1).flatMap((row, i) =>
      row.map((weight, j) => ({
        weight,
        i,
        j,
        now: i === now,
      })),
    );
    arcs.replaceChildren(...lines.filter(({ weight }) => weight > 0.02).map((line) => arc(line)));
  };

  const arc = ({ weight, i, j, now }) =>
    svg("path", {
      class: now ? "now" : "past",
      d: `M0 ${(j + 0.5) * ROW} C50 ${(j + 0.5) * ROW} 50 ${(i + 0.5) * ROW} 100 ${(i + 0.5) * ROW}`,
      "stroke-width": (1 + 9 * weight).toFixed(1),
      opacity: (now ? 0.25 + 0.75 * weight : 0.22 * weight).toFixed(2),
    });

  const choose = (step) => {
    model.set("step", step);
    model.save_changes();
  };

  const reorder = (order, focus = null) => {
    words = order;
    retranslate();
    show();
    if (focus !== null) english.querySelectorAll("button")[focus]?.focus();
  };

  english.addEventListener("keydown", (event) => {
    const from = Number(event.target.dataset.place);
    const to = from + ({ ArrowUp: -1, ArrowLeft: -1, ArrowDown: 1, ArrowRight: 1 }[event.key] ?? 0);
    if (to === from || to < 0 || to >= words.length) return;
    event.preventDefault();
    reorder(moved(words, from, to), to);
  });
  english.addEventListener("pointerdown", (event) => {
    const button = event.target.closest("button");
    if (button === null || busy()) return;
    let place = Number(button.dataset.place);
    const follow = (moving) => {
      const y = moving.clientY - english.getBoundingClientRect().top;
      const to = Math.max(0, Math.min(words.length - 1, Math.floor(y / ROW)));
      if (to !== place) {
        reorder(moved(words, place, to), to);
        place = to;
      }
    };
    const drop = () => {
      window.removeEventListener("pointermove", follow);
      window.removeEventListener("pointerup", drop);
      window.removeEventListener("pointercancel", drop);
    };
    window.addEventListener("pointermove", follow);
    window.addEventListener("pointerup", drop);
    window.addEventListener("pointercancel", drop);
  });
  shuffle.addEventListener("click", () => {
    const order = words.map((word) => [Math.random(), word]).sort(([a], [b]) => a - b);
    reorder(order.map(([, word]) => word));
  });
  restore.addEventListener("click", () => reorder(original()));

  model.on("change:sentence", () => reorder(original()));
  for (const key of ["step", "layer", "head"]) model.on(`change:${key}`, show);

  shuffle.disabled = restore.disabled = true;
  show();
  asset(model, model.get("weights")).then((bytes) => {
    network = transformer(readSafetensors(bytes), model.get("shape"));
    shuffle.disabled = restore.disabled = false;
    reorder(words);
    el.dataset.ready = "true";
  });
}

function heatMap(english, french, weights, now) {
  const [cell, left, top] = [22, 74, 62];
  const width = left + cell * english.length + 34;
  const height = top + cell * french.length + 4;
  const columns = english.map((word, j) =>
    svg(
      "text",
      {
        class: "key",
        "text-anchor": "start",
        transform: `translate(${left + cell * (j + 0.6)} ${top - 6}) rotate(-55)`,
      },
      word,
    ),
  );
  const rows = french.flatMap((word, i) => [
    svg(
      "text",
      {
        class: i === now ? "query now" : "query",
        x: left - 8,
        y: top + cell * (i + 0.68),
        "text-anchor": "end",
      },
      word,
    ),
    ...weights[i].map((weight, j) =>
      svg("rect", {
        x: left + cell * j,
        y: top + cell * i,
        width: cell - 2,
        height: cell - 2,
        rx: 3,
        style: `fill-opacity: ${weight.toFixed(3)}`,
      }),
    ),
  ]);
  const frame = svg("rect", {
    class: "frame",
    rx: 4,
    x: left - 2,
    y: top + cell * now - 2,
    width: cell * english.length + 2,
    height: cell + 2,
  });
  return svg(
    "svg",
    {
      viewBox: `0 0 ${width} ${height}`,
      style: `max-width: ${width}px`,
      role: "img",
      "aria-label":
        "Map of all weights: a row for each French word, a column for each English word",
    },
    ...columns,
    ...rows,
    frame,
  );
}

export default { render };
