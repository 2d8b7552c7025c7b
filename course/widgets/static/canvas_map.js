// Small maps on a canvas: a pixel per weight, in the page's color.

/** The color of weights where the element stands. To read it has the page's styles found: once for
    all maps that are painted together. */
export function weightColor(element) {
  return getComputedStyle(element).getPropertyValue("--attn-weight");
}

/** Draws rows of weights, which may be of unequal length, a pixel each. */
export function paint(canvas, map, color) {
  const [width, height] = [Math.max(...map.map((row) => row.length)), map.length];
  if (canvas.width !== width) canvas.width = width;
  if (canvas.height !== height) canvas.height = height;
  const pixels = new ImageData(width, height);
  map.forEach((row, i) => {
    row.forEach((weight, j) => {
      pixels.data[4 * (i * width + j) + 3] = 255 * weight;
    });
  });
  const pen = canvas.getContext("2d");
  pen.putImageData(pixels, 0, 0);
  pen.globalCompositeOperation = "source-in"; // the color as far as there is weight
  pen.fillStyle = color;
  pen.fillRect(0, 0, width, height);
}

/** Calls `repaint` when the page turns dark or light; returns a function that ends it. */
export function onAnotherTheme(repaint) {
  const watcher = new MutationObserver(repaint);
  for (const page of [document.documentElement, document.body]) {
    watcher.observe(page, { attributeFilter: ["data-theme", "data-jp-theme-light", "theme"] });
  }
  return () => watcher.disconnect();
}
