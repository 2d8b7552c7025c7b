// A grid of buttons that is one stop of the tab key: arrow keys lead from cell to cell.

const STEPS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

/** Where a key leads from cell `from` of `count` in rows of `across`; null for nowhere. In a single
    row, which may wrap on the screen, down is as right, and up as left. */
export function neighbor(key, from, across, count) {
  if (!(key in STEPS)) return null;
  const [down, right] = across < count ? STEPS[key] : [0, STEPS[key][0] + STEPS[key][1]];
  const column = (from % across) + right;
  const to = from + down * across + right;
  return column < 0 || column >= across || to < 0 || to >= count ? null : to;
}

/** Makes one of the buttons, in rows of `across`, the stop of the tab key; `enter(place)` hears
    where an arrow key leads. Returns a function that sets the stop. */
export function roving(cells, across, enter = () => {}) {
  const stop = (place) => {
    cells.forEach((cell, i) => {
      cell.tabIndex = i === place ? 0 : -1;
    });
  };
  cells.forEach((cell, from) => {
    cell.addEventListener("focus", () => stop(from));
    cell.addEventListener("keydown", (event) => {
      const to = neighbor(event.key, from, across, cells.length);
      if (to === null) return;
      event.preventDefault();
      cells[to].focus();
      enter(to);
    });
  });
  stop(0);
  return stop;
}
