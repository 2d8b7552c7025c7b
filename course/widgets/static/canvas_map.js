// Small maps on a canvas: a pixel per weight, in the page's color.

/** Draws rows of weights, which may be of unequal length, a pixel each. */
export function paint(canvas, map) {
  canvas.width = Math.max(...map.map((row) => row.length));
  canvas.height = map.length;
  const pen = canvas.getContext("2d");
  pen.fillStyle = getComputedStyle(canvas).getPropertyValue("--attn-weight");
  map.forEach((row, i) => {
    row.forEach((weight, j) => {
      pen.globalAlpha = weight;
      pen.fillRect(j, i, 1, 1);
    });
  });
}

/** Calls `repaint` when the page turns dark or light; returns a function that ends it. */
export function onAnotherTheme(repaint) {
  const watcher = new MutationObserver(repaint);
  for (const page of [document.documentElement, document.body]) {
    watcher.observe(page, { attributeFilter: ["data-theme", "data-jp-theme-light"] });
  }
  return () => watcher.disconnect();
}
