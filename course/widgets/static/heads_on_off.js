// Heads on and off: the trained translator in the page, and what it writes without some heads.

import { areHeads, isPlace } from "./checks.js";
import { button, html, redraw, setText, spoken, svg, update } from "./dom.js";
import { changes, inPython, run, switched, switchedLayer, verdict } from "./head_switches.js";
import { set, watch } from "./model.js";
import { say } from "./say.js";
import { trained } from "./trained.js";
import { transformer } from "./transformer.js";
import { wordMap } from "./word_map.js";

const KINDS = {
  "encoder self": {
    title: say("English looks at English"),
    label: say("encoder self: English looks at English"),
  },
  "decoder self": {
    title: say("French looks at French"),
    label: say("decoder self: French looks at French"),
  },
  "decoder cross": {
    title: say("French looks at English"),
    label: say("decoder cross: French looks at English"),
  },
};
const MAP = say("The map of one head: a row for each word that looks, a column for each it sees");

function render({ model, el }) {
  const state = { network: null, maps: null, words: [] };
  const flip = (off) => set(model, { off });
  const texts = writtenTexts();
  const switches = headSwitches(model.get("layers"), model.get("shape").heads, {
    flip: (layer, head) => flip(switched(model.get("off"), layer, head)),
    flipAll: (layer, count) => flip(switchedLayer(model.get("off"), layer, count)),
    enlarge: (layer, head) => {
      const [before, beside] = model.get("enlarged");
      if (layer !== before || head !== beside) set(model, { enlarged: [layer, head] });
    },
  });
  const map = html("div", {});
  const code = html("code", {});
  const restore = button(say("All heads on"), () => flip({}));
  el.append(layout(texts.element, switches.element, code, restore, map));

  const showMap = () => {
    if (state.maps === null) return;
    switches.mark(...model.get("enlarged"));
    redraw(map, ...largeMap(english(model), state, model.get("enlarged")));
  };
  const show = () => {
    if (state.network !== null) Object.assign(state, translated(model, state.network));
    const off = model.get("off");
    texts.show(model.get("intact")[model.get("sentence")], state, off);
    switches.show(off, state.maps);
    setText(code, inPython(off, model.get("layers")));
    restore.disabled = state.network === null || Object.keys(off).length === 0;
    showMap();
  };
  watch(model, ["sentence", "off"], show);
  watch(model, ["enlarged"], showMap);
  show();
  trained({ model, el }, transformer, (network) => {
    state.network = network;
    show();
  });
}

const english = (model) => model.get("sentences")[model.get("sentence")];

/** The maps of every head and the French words, with the heads that are on. */
function translated(model, network) {
  const source = english(model).map((word) => model.get("source_words").indexOf(word));
  const { maps, words } = run(network, source, model.get("specials"), model.get("off"));
  return { maps, words: words.map((word) => model.get("target_words")[word]) };
}

function layout(texts, switches, code, restore, map) {
  const python = html(
    "div",
    {},
    html("p", { class: "attn-hint" }, say("The same in Python")),
    html("p", { class: "heads-code" }, code),
    html("div", { class: "attn-buttons" }, restore),
  );
  const below = html("div", { class: "heads-below" }, python, map);
  return html("div", { class: "attn heads" }, texts, switches, below);
}

/** What is written with all heads and with those that are on, the differing words marked. */
function writtenTexts() {
  const before = html("p", { class: "heads-words", lang: "fr" });
  const after = html("p", { class: "heads-words", lang: "fr" });
  const said = spoken("heads-said");
  const hint = (text) => html("p", { class: "attn-hint" }, text);
  const [above, below] = [say("With all heads"), say("With the heads that are on")];
  const parts = [hint(above), before, hint(below), after, said];
  return {
    element: html("div", { class: "heads-written" }, ...parts),
    show(intact, { network, words }, off) {
      const written = network === null ? intact : words;
      const { lost, added } = changes(intact, written);
      before.replaceChildren(...marked(intact, lost, "del"));
      after.replaceChildren(...marked(written, added, "ins"));
      setText(said, verdict(off, lost, added));
    },
  };
}

function marked(words, marks, tag) {
  return words.flatMap((word, i) => [marks[i] ? html(tag, {}, word) : word, " "]);
}

/** A button for each head and each layer, in groups of who looks at whom. */
function headSwitches(layers, count, { flip, flipAll, enlarge }) {
  const rows = layers.map((layer) => layerRow(layer, count, flip, flipAll, enlarge));
  const groups = Object.entries(KINDS).map(([kind, { title, label }]) =>
    html(
      "div",
      { role: "group", "aria-label": label },
      html("p", { class: "heads-title" }, title),
      ...rows.filter(({ layer }) => kindOf(layer) === kind).map(({ element }) => element),
    ),
  );
  return {
    element: html("div", { class: "heads-kinds" }, ...groups),
    show(off, maps) {
      for (const row of rows) row.show(off[row.layer] ?? [], maps?.[row.layer]);
    },
    mark(layer, head) {
      for (const row of rows) row.mark(row.layer === layer ? head : null);
    },
  };
}

const kindOf = (layer) => layer.replace(/\.\d+\.(\w+)_attention/, " $1");

function layerRow(layer, count, flip, flipAll, enlarge) {
  const whole = html("button", { type: "button", class: "heads-layer" }, layer);
  whole.addEventListener("click", () => flipAll(layer, count));
  const buttons = Array.from({ length: count }, (_, head) => {
    const made = html("button", { type: "button", class: "heads-head" });
    made.addEventListener("click", () => flip(layer, head));
    // A head that comes under a pointer at rest, as the page moves, is entered too: that chooses nothing.
    for (const event of ["focus", "pointermove"]) {
      made.addEventListener(event, () => enlarge(layer, head));
    }
    return made;
  });
  return {
    layer,
    element: html(
      "div",
      { class: "heads-row" },
      whole,
      html("div", { class: "heads-four" }, ...buttons),
    ),
    show(off, maps) {
      whole.disabled = maps === undefined;
      buttons.forEach((one, head) => {
        one.disabled = maps === undefined;
        showHead(one, layer, head, !off.includes(head), maps?.[head]);
      });
    },
    mark(chosen) {
      buttons.forEach((one, head) => {
        one.classList.toggle("shown", head === chosen);
      });
    },
  };
}

function showHead(switched, layer, head, on, map) {
  const name = html("span", {}, on ? `${head}` : say("{head} off", { head }));
  redraw(switched, name, ...(map ? [thumbnail(map)] : []));
  update(switched, {
    "aria-pressed": on,
    "aria-label": say(on ? "{layer} head {head}, on" : "{layer} head {head}, off", { layer, head }),
  });
}

function thumbnail(weights) {
  const [rows, columns] = [weights.length, weights.at(-1).length];
  const cells = weights.flatMap((row, y) =>
    row.flatMap((weight, x) =>
      weight < 0.08
        ? []
        : [svg("rect", { x, y, width: 1, height: 1, "fill-opacity": weight.toFixed(2) })],
    ),
  );
  const attributes = {
    viewBox: `0 0 ${columns} ${rows}`,
    preserveAspectRatio: "none",
    "aria-hidden": "true",
    "shape-rendering": "crispEdges",
  };
  return svg("svg", attributes, ...cells);
}

function largeMap(source, { maps, words }, [layer, head]) {
  const weights = maps[layer][head]; // without a row for "end" where the text was cut off
  const rows = {
    "encoder self": source,
    "decoder self": [say("start"), ...words],
    "decoder cross": [...words, say("end")],
  }[kindOf(layer)].slice(0, weights.length);
  const columns = layer.endsWith("cross_attention") ? source : rows;
  return [
    html("p", { class: "attn-hint" }, say("{layer}, head {head}", { layer, head })),
    wordMap({ rows, columns, weights, label: MAP }),
  ];
}

/** What an address may set. */
const shared = {
  off: (value, model) => areHeads(value, model.get("layers"), model.get("shape").heads),
  enlarged: (value, model) =>
    Array.isArray(value) &&
    value.length === 2 &&
    model.get("layers").includes(value[0]) &&
    isPlace(value[1], model.get("shape").heads),
};

export default { render, shared };
