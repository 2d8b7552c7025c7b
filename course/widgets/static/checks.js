// What a value from an address must be before a view takes it.

export const isPlace = (value, end, start = 0) =>
  Number.isInteger(value) && value >= start && value < end;

export const arePlaces = (value, end) =>
  Array.isArray(value) &&
  value.every((one) => isPlace(one, end)) &&
  new Set(value).size === value.length;

export const isOrder = (value, count) => arePlaces(value, count) && value.length === count;

/** A row and a column of a table. */
export const isCell = (value, rows, columns) =>
  Array.isArray(value) &&
  value.length === 2 &&
  isPlace(value[0], rows) &&
  isPlace(value[1], columns);

/** Vectors of two numbers, none further out than `furthest`. */
export const areVectors = (value, count, furthest) =>
  Array.isArray(value) &&
  value.length === count &&
  value.every(
    (pair) =>
      Array.isArray(pair) &&
      pair.length === 2 &&
      pair.every((one) => Number.isFinite(one) && Math.abs(one) <= furthest),
  );

/** Heads by layer, as `off` has them: { "decoder.1.cross_attention": [2] }. */
export const areHeads = (value, layers, heads) =>
  typeof value === "object" &&
  value !== null &&
  !Array.isArray(value) &&
  Object.entries(value).every(([layer, off]) => layers.includes(layer) && arePlaces(off, heads));
