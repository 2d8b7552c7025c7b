// Heads on and off: the trained translator in the page, and what it writes without some heads.

import { asset } from "./asset.js";
import { digits, html, svg } from "./dom.js";
import { changes, inPython, run, switched, switchedLayer, verdict } from "./head_switches.js";
import { readSafetensors } from "./safetensors.js";
import { transformer } from "./transformer.js";

const KINDS = {
  "encoder self": "English looks at English",
  "decoder self": "French looks at French",
  "decoder cross": "French looks at English",
};

function render({ model, el }) {
  const specials = model.get("specials");
  const layers = model.get("layers");
  const count = model.get("shape").heads;
  let network = null;
  let now = { maps: null, words: [] };
  let shown = ["decoder.1.cross", 0]; // the head whose map is drawn large

  const [wholes, buttons] = [{}, {}];
  const groups = Object.entries(KINDS).map(([kind, words]) => {
    const [stack, part] = kind.split(" ");
    const rows = layers
      .filter((name) => name.startsWith(stack) && name.endsWith(part))
      .map(layerRow);
    return html(
      "div",
      { class: "heads-kind", role: "group", "aria-label": `${kind}: ${words}` },
      html("p", { class: "heads-title" }, words),
      ...rows,
    );
  });
  const before = html("p", { class: "heads-words", lang: "fr" });
  const after = html("p", { class: "heads-words", lang: "fr" });
  const said = html("p", { class: "heads-said", role: "status" });
  const code = html("code", {});
  const map = html("div", { class: "heads-map" });
  const restore = html("button", { type: "button" }, "All heads on");
  el.append(
    html(
      "div",
      { class: "attn heads" },
      html(
        "div",
        { class: "heads-written" },
        html("p", { class: "heads-label" }, "With all heads"),
        before,
        html("p", { class: "heads-label" }, "With the heads that are on"),
        after,
        said,
      ),
      html("div", { class: "heads-kinds" }, ...groups),
      html(
        "div",
        { class: "heads-below" },
        html(
          "div",
          {},
          html("p", { class: "heads-label" }, "The same in Python"),
          html("p", { class: "heads-code" }, code),
          restore,
        ),
        map,
      ),
    ),
  );

  function layerRow(layer) {
    wholes[layer] = html("button", { type: "button", class: "heads-layer" }, layer);
    wholes[layer].addEventListener("click", () =>
      set(switchedLayer(model.get("off"), layer, count)),
    );
    buttons[layer] = Array.from({ length: count }, (_, head) => {
      const button = html("button", { type: "button", class: "heads-head" });
      button.addEventListener("click", () => set(switched(model.get("off"), layer, head)));
      for (const event of ["focus", "pointerenter"]) {
        button.addEventListener(event, () => {
          shown = [layer, head];
          showMap();
        });
      }
      return button;
    });
    return html(
      "div",
      { class: "heads-row" },
      wholes[layer],
      html("div", { class: "heads-four" }, ...buttons[layer]),
    );
  }

  const set = (off) => {
    model.set("off", off);
    model.save_changes();
  };

  const compute = () => {
    if (network === null) return;
    const source = english().map((word) => model.get("source_words").indexOf(word));
    now = run(network, source, specials, model.get("off"));
    now.words = now.words.map((word) => model.get("target_words")[word]);
  };

  const english = () => model.get("sentences")[model.get("sentence")];
  const intact = () => model.get("intact")[model.get("sentence")];

  const show = () => {
    compute();
    const off = model.get("off");
    const words = network === null ? intact() : now.words;
    const { lost, added } = changes(intact(), words);
    before.replaceChildren(...marked(intact(), lost, "del"));
    after.replaceChildren(...marked(words, added, "ins"));
    said.textContent = verdict(off, lost, added);
    code.textContent = inPython(off, layers);
    restore.disabled = network === null || Object.keys(off).length === 0;
    for (const layer of layers) {
      wholes[layer].disabled = network === null;
      buttons[layer].forEach((button, head) => {
        const on = !off[layer]?.includes(head);
        button.disabled = network === null;
        button.setAttribute("aria-pressed", on);
        button.setAttribute("aria-label", `${layer} head ${head}, ${on ? "on" : "off"}`);
        button.replaceChildren(
          html("span", {}, `${head}${on ? "" : " off"}`),
          ...(now.maps === null ? [] : [thumbnail(now.maps[layer][head])]),
        );
      });
    }
    showMap();
  };

  const showMap = () => {
    if (now.maps === null) return;
    const [layer, head] = shown;
    for (const name of layers) {
      buttons[name].forEach((button, place) =>
        button.classList.toggle("shown", name === layer && place === head),
      );
    }
    const started = ["start", ...now.words];
    const looking = {
      "encoder self": english(),
      "decoder self": started,
      "decoder cross": [...now.words, "end"],
    }[kindOf(layer)];
    const seen = layer.endsWith("cross") ? english() : looking;
    map.replaceChildren(
      html("p", { class: "heads-label" }, `${layer}, head ${head}`),
      labelledMap(now.maps[layer][head], looking, seen),
    );
  };

  restore.addEventListener("click", () => set({}));
  model.on("change:sentence", show);
  model.on("change:off", show);
  show();
  asset(model, model.get("weights")).then((bytes) => {
    network = transformer(readSafetensors(bytes), model.get("shape"));
    show();
    el.dataset.ready = "true";
  });
}

const kindOf = (layer) => layer.replace(/\.\d+\./, " ");

function marked(words, marks, tag) {
  return words.flatMap((word, i) => [marks[i] ? html(tag, {}, word) : word, " "]);
}

function cells(weights, size, least) {
  return weights.flatMap((row, i) =>
    row.flatMap((weight, j) =>
      weight < least
        ? []
        : [
            svg("rect", {
              x: size * j,
              y: size * i,
              width: size,
              height: size,
              "fill-opacity": weight.toFixed(2),
            }),
          ],
    ),
  );
}

function thumbnail(weights) {
  const [rows, columns] = [weights.length, weights.at(-1).length];
  return svg(
    "svg",
    {
      viewBox: `0 0 ${columns} ${rows}`,
      preserveAspectRatio: "none",
      "aria-hidden": "true",
      "shape-rendering": "crispEdges",
    },
    ...cells(weights, 1, 0.08),
  );
}

function labelledMap(weights, looking, seen) {
  const [cell, left, top] = [18, 72, 62];
  const width = left + cell * seen.length + 34;
  const names = seen.map((word, j) =>
    svg(
      "text",
      { class: "key", transform: `translate(${left + cell * (j + 0.6)} ${top - 6}) rotate(-55)` },
      word,
    ),
  );
  const rows = weights.map((row, i) => {
    const best = row.indexOf(Math.max(...row));
    return svg(
      "text",
      { class: "query", x: left - 8, y: top + cell * (i + 0.72), "text-anchor": "end" },
      looking[i],
      svg("title", {}, `${looking[i]}: most at ${seen[best]}, ${digits(row[best])}`),
    );
  });
  const grid = svg(
    "g",
    { transform: `translate(${left} ${top})` },
    svg("rect", { class: "frame", width: cell * seen.length, height: cell * weights.length }),
    ...cells(weights, cell, 0.02),
  );
  return svg(
    "svg",
    {
      viewBox: `0 0 ${width} ${top + cell * weights.length + 4}`,
      style: `max-width: ${width}px`,
      role: "img",
      "aria-label":
        "The map of one head: a row for each word that looks, a column for each it sees",
    },
    ...names,
    ...rows,
    grid,
  );
}

export default { render };
