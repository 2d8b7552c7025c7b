// Pictures as files: SVG in text, with the page's colors written in, since a file has no page.

const MARKS = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

const escaped = (text) => String(text).replace(/[&<>"]/g, (mark) => MARKS[mark]);

/** All heads, a row per layer: as dark as their score is of the full one; without one, a frame. */
export function gridDrawing({ gridTitle, scores, full, colors }) {
  const across = Math.max(...scores.map((row) => row.length));
  const cells = scores.flatMap((row, y) =>
    row.map((value, x) => {
      const place = `x="${34 + 16 * x}" y="${34 + 16 * y}" width="14" height="14"`;
      const tone =
        value === null
          ? `fill="none" stroke="${colors.line}"`
          : `fill="${colors.weight}" fill-opacity="${(value / full).toFixed(3)}" stroke="${colors.line}"`;
      return `<rect ${place} ${tone}/>`;
    }),
  );
  const names = scores.map((_, y) => label(28, 45 + 16 * y, `${y}`, colors.muted, "end"));
  return whole(Math.max(44 + 16 * across, 320), 44 + 16 * scores.length, gridTitle, colors, [
    ...names,
    ...cells,
  ]);
}

/** One head's map: a row per query, a column per key, weights as opacity. */
export function mapDrawing({ title, from, to, map, colors }) {
  const [left, top] = [96, 112];
  const above = to.map((word, x) => {
    const turn = `transform="translate(${left + 12 + 18 * x} ${top - 6}) rotate(-55)"`;
    return `<text ${turn} fill="${colors.key}">${escaped(word)}</text>`;
  });
  const beside = from.map((word, y) =>
    label(left - 6, top + 13 + 18 * y, word, colors.query, "end"),
  );
  const cells = map.flatMap((row, y) =>
    row.map((weight, x) => {
      const place = `x="${left + 18 * x}" y="${top + 18 * y}" width="16" height="16"`;
      const tone = `fill="${colors.weight}" fill-opacity="${weight.toFixed(3)}"`;
      return `<rect ${place} ${tone} stroke="${colors.line}"/>`;
    }),
  );
  const size = [Math.max(left + 18 * to.length + 60, 320), top + 18 * from.length + 10];
  return whole(...size, title, colors, [...above, ...beside, ...cells]);
}

const label = (x, y, text, fill, anchor) =>
  `<text x="${x}" y="${y}" fill="${fill}" text-anchor="${anchor}">${escaped(text)}</text>`;

function whole(width, height, title, colors, parts) {
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" ` +
    `font-family="sans-serif" font-size="12"><title>${escaped(title)}</title>` +
    `<rect width="${width}" height="${height}" fill="${colors.card}"/>` +
    `${label(8, 20, title, colors.ink, "start")}${parts.join("")}</svg>\n`
  );
}
