// Pictures as files: SVG in text, with the page's colors written in, since a file has no page.

const MARKS = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

const escaped = (text) => String(text).replace(/[&<>"]/g, (mark) => MARKS[mark]);

const LEVELS = 12; // of gray in a small map: what is one level in a row is one rectangle

/** All heads, a row per layer: as dark as their score is of the full one; without one, a frame. */
export function gridDrawing({ gridTitle, scores, full, colors, layer, head }) {
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
    framed(33 + 16 * head, 33 + 16 * layer, 16, colors),
  ]);
}

/** The maps of all heads, `maps[layer][head]`, a row per layer; a frame around the one that is open. */
export function mapsDrawing({ mapsTitle, maps, colors, layer, head }) {
  const across = Math.max(...maps.map((row) => row.length));
  const [side, apart] = [40, 44];
  const small = maps.flatMap((row, y) =>
    row.map((map, x) => {
      const [columns, rows] = [map[0].length, map.length];
      const place = `translate(${34 + apart * x} ${34 + apart * y})`;
      const size = `scale(${(side / columns).toFixed(4)} ${(side / rows).toFixed(4)})`;
      return (
        `<g transform="${place} ${size}" fill="${colors.weight}">` +
        `<rect width="${columns}" height="${rows}" fill="${colors.card}" stroke="${colors.line}" ` +
        `vector-effect="non-scaling-stroke"/>${levelled(map)}</g>`
      );
    }),
  );
  const names = maps.map((_, y) =>
    label(28, 34 + apart * y + side / 2 + 4, `${y}`, colors.muted, "end"),
  );
  const frame = framed(33 + apart * head, 33 + apart * layer, side + 2, colors);
  const size = [Math.max(38 + apart * across, 420), 38 + apart * maps.length];
  return whole(...size, mapsTitle, colors, [...names, ...small, frame]);
}

/** A map a unit per weight: a path for each level of opacity, neighbors of one level joined. */
function levelled(map) {
  const paths = Array.from({ length: LEVELS + 1 }, () => "");
  map.forEach((row, y) => {
    const levels = row.map((weight) => Math.round(LEVELS * weight));
    for (let x = 0, end; x < row.length; x = end) {
      end = x + 1;
      while (levels[end] === levels[x]) end += 1;
      paths[levels[x]] += `M${x} ${y}h${end - x}v1h${x - end}z`;
    }
  });
  return paths
    .map((path, level) => [path, (level / LEVELS).toFixed(2)])
    .filter(([path], level) => path && level)
    .map(([path, opacity]) => `<path d="${path}" fill-opacity="${opacity}"/>`)
    .join("");
}

const framed = (x, y, side, colors) =>
  `<rect x="${x}" y="${y}" width="${side}" height="${side}" fill="none" ` +
  `stroke="${colors.query}" stroke-width="2"/>`;

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
