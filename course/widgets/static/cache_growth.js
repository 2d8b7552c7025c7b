// A cache by layer and head: as wide as what a token leaves behind, as high as there are tokens.

import { digits, html, setText, spoken, svg, update } from "./dom.js";
import { watch } from "./model.js";
import { say } from "./say.js";

/** What a layer keeps of each token: pieces of so many numbers, named by what they are. */
export function pieces(way, sizes) {
  if (way === "MLA") {
    return [
      { kind: "latent", numbers: sizes.latent },
      { kind: "key", numbers: sizes.turning },
    ];
  }
  const heads = { MHA: sizes.heads, GQA: sizes.keyHeads, MQA: 1 }[way];
  const some = (kind) => Array.from({ length: heads }, () => ({ kind, numbers: sizes.size }));
  return [...some("key"), ...some("value")];
}

/** Numbers that a layer keeps of a token. */
export function kept(way, sizes) {
  return pieces(way, sizes).reduce((sum, { numbers }) => sum + numbers, 0);
}

/** Of how many tokens a layer keeps something. */
export function held(layer, tokens, windows, sizes) {
  const everything = !windows || layer % sizes.every === sizes.every - 1;
  return everything ? tokens : Math.min(tokens, sizes.window);
}

/** Bytes of all layers. */
export function total(way, tokens, windows, sizes) {
  const rows = layersOf(sizes).map((layer) => held(layer, tokens, windows, sizes));
  return rows.reduce((sum, one) => sum + one, 0) * kept(way, sizes) * sizes.bytes;
}

const layersOf = ({ layers }) => Array.from({ length: layers }, (_, layer) => layer);
const megabytes = (bytes) => say("{number} MB", { number: digits(bytes / 1e6, 1) });

/** What a layer keeps, in words. */
function contents(way, sizes) {
  const { latent, turning } = sizes;
  if (way === "MLA") {
    return say("one latent of {latent} numbers and a key of {turning}", { latent, turning });
  }
  const heads = { MHA: sizes.heads, GQA: sizes.keyHeads, MQA: 1 }[way];
  return say(
    heads === 1 ? "1 key head and 1 value head" : "{heads} key heads and {heads} value heads",
    { heads },
  );
}

/** What the picture shows, in words. */
export function describe(way, tokens, windows, sizes) {
  const bytes = total(way, tokens, windows, sizes);
  const whole = total("MHA", tokens, windows, sizes);
  const weights = sizes.weights * sizes.bytes;
  const cache = say(
    tokens === 0
      ? "After {tokens} tokens, {layers} layers with {contents} each keep {size}."
      : "After {tokens} tokens, {layers} layers with {contents} each keep {size}, {share} % of MHA's.",
    {
      tokens: tokens.toLocaleString(say("en")),
      layers: sizes.layers,
      contents: contents(way, sizes),
      size: megabytes(bytes),
      share: digits((100 * bytes) / whole, 0),
    },
  );
  const compared = say("The weights are {size}: the cache is {share} % as much.", {
    size: megabytes(weights),
    share: digits((100 * bytes) / weights, 0),
  });
  return `${cache} ${compared}`;
}

const BOX = { left: 70, right: 344, top: 24, row: 10, gap: 1 };

function render({ model, el }) {
  const sizes = model.get("sizes");
  const grid = layerGrid(sizes);
  const sentence = spoken("attn-says");
  el.append(html("div", { class: "attn growth" }, grid.element, sentence));
  const show = () => {
    const way = model.get("ways")[model.get("way")];
    const [tokens, windows] = [model.get("tokens"), model.get("windows")];
    grid.show(way, tokens, windows);
    setText(sentence, describe(way, tokens, windows, sizes));
  };
  watch(model, ["way", "tokens", "windows"], show);
  show();
}

/** All layers, each in a room as wide as the widest way; what they keep is a path for each kind. */
function layerGrid(sizes) {
  const scale = (BOX.right - BOX.left) / kept("MHA", sizes);
  const kinds = ["key", "value", "latent"];
  const paths = kinds.map((kind) => svg("path", { class: kind }));
  const height = BOX.top + sizes.layers * BOX.row + 4;
  const element = svg(
    "svg",
    {
      viewBox: `0 0 350 ${height}`,
      role: "img",
      "aria-label": say("What each layer keeps: as wide as its heads, as high as the tokens read"),
    },
    svg(
      "text",
      { class: "quiet", x: BOX.left, y: 14 },
      say("keys amber, values green, a latent dark"),
    ),
    ...layersOf(sizes).flatMap(layerRoom),
    ...paths,
  );
  return {
    element,
    show(way, tokens, windows) {
      const across = sideBySide(pieces(way, sizes), scale);
      kinds.forEach((kind, i) => {
        const own = across.filter((piece) => piece.kind === kind);
        const drawn = layersOf(sizes).flatMap((layer) => {
          const high = ((BOX.row - 2) * held(layer, tokens, windows, sizes)) / sizes.most;
          return own.map(({ x, width }) => `M${x} ${floorOf(layer)}h${width}v${-high}h${-width}z`);
        });
        update(paths[i], { d: drawn.join("") });
      });
    },
  };
}

/** Where each piece stands, and how wide it is drawn. */
function sideBySide(pieces, scale) {
  let end = BOX.left;
  return pieces.map(({ kind, numbers }) => {
    const x = end;
    end += numbers * scale;
    return { kind, x, width: Math.max(0, numbers * scale - BOX.gap) };
  });
}

const floorOf = (layer) => BOX.top + (layer + 1) * BOX.row - 2;

function layerRoom(layer) {
  const y = floorOf(layer);
  const told = layer % 5 === 0 ? say("layer {layer}", { layer }) : "";
  return [
    svg("text", { class: "quiet", x: BOX.left - 6, y, "text-anchor": "end" }, told),
    svg("rect", {
      class: "room",
      x: BOX.left,
      y: y - BOX.row + 2,
      width: BOX.right - BOX.left,
      height: BOX.row - 2,
    }),
  ];
}

export default { render };
