// All heads, or the one that is open, as a file to take home.

import { html } from "./dom.js";
import { gridDrawing, mapDrawing, mapsDrawing } from "./drawings.js";
import { highest } from "./head_grid.js";
import { mapOf } from "./head_maps.js";
import { layerName, visible } from "./head_words.js";
import { say } from "./say.js";

/** What the drawings need: the state, its words as shown, and the colors of the page where the
    element stands. */
function drawn(now, element) {
  const style = getComputedStyle(element);
  const color = (name) => style.getPropertyValue(`--attn-${name}`).trim();
  const names = ["ink", "muted", "line", "card", "weight", "query", "key"];
  return {
    ...now,
    title: say("{text}: {layer}, head {head}", {
      text: now.text.name,
      layer: layerName(now.name, now.layer),
      head: now.head,
    }),
    gridTitle: say("{text}: {score}", { text: now.text.name, score: now.score }),
    mapsTitle: say("{text}: the map of each head", { text: now.text.name }),
    full: highest(now.scores),
    from: now.from.map(visible),
    to: now.to.map(visible),
    colors: Object.fromEntries(names.map((name) => [name, color(name)])),
  };
}

/** The grid as it is shown: its scores, or the map of each head. */
function allDrawing(now) {
  if (!now.small) return gridDrawing(now);
  const maps = now.text.layers.map(({ heads }, layer) =>
    Array.from({ length: heads }, (_, head) => mapOf(now.hundredths, now.text, layer, head)),
  );
  return mapsDrawing({ ...now, maps });
}

function download(name, drawing) {
  const address = URL.createObjectURL(new Blob([drawing], { type: "image/svg+xml" }));
  html("a", { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 1000);
}

/** Saves all heads as a file. */
export const saveAll = (now, element) => download("heads.svg", allDrawing(drawn(now, element)));

/** Saves the head that is open. */
export const saveOne = (now, element) => download("head.svg", mapDrawing(drawn(now, element)));
