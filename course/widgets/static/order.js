// Words in an order of the reader's: moved by arrow keys, dragged, or pressed and then their new place.

const STEPS = { ArrowUp: -1, ArrowLeft: -1, ArrowDown: 1, ArrowRight: 1 };

/** The list with the element at `from` moved to `to`. */
export function moved(list, from, to) {
  const rest = list.filter((_, i) => i !== from);
  return [...rest.slice(0, to), list[from], ...rest.slice(to)];
}

/** Lets the buttons of a list be moved: `move(from, to)` is to draw the list anew. */
export function movable(list, move) {
  list.classList.add("attn-movable");
  const places = () => [...list.querySelectorAll("button")];
  const go = (from, to) => {
    if (from === to || places()[to] === undefined) return;
    move(from, to);
    places()[to].focus();
  };

  list.addEventListener("keydown", (event) => {
    const from = places().indexOf(event.target);
    if (from < 0 || !(event.key in STEPS)) return;
    event.preventDefault();
    go(from, from + STEPS[event.key]);
  });
  let [chosen, pulled] = [-1, false];
  const choose = (place) => {
    chosen = place;
    places().forEach((button, i) => {
      if (i === place) button.setAttribute("aria-pressed", "true");
      else button.removeAttribute("aria-pressed");
    });
  };
  list.addEventListener("pointerdown", (event) => {
    let from = places().indexOf(event.target.closest("button"));
    if (from < 0 || places()[from].disabled) return;
    pulled = false;
    dragged((moving) => {
      const to = nearest(places(), moving);
      pulled ||= from !== to;
      go(from, to);
      from = to;
    });
  });
  list.addEventListener("click", (event) => {
    const [from, place] = [chosen, places().indexOf(event.target.closest("button"))];
    choose(from >= 0 || pulled ? -1 : place);
    if (from >= 0 && place >= 0 && !pulled) go(from, place);
    pulled = false;
  });
}

/** Calls `follow` as the pointer moves, until it is let go. */
function dragged(follow) {
  const drop = new AbortController();
  window.addEventListener("pointermove", follow, drop);
  for (const end of ["pointerup", "pointercancel"]) {
    window.addEventListener(end, () => drop.abort(), drop);
  }
}

/** The number of the element whose middle is nearest to the pointer. */
function nearest(elements, { clientX, clientY }) {
  const distances = elements.map((element) => {
    const { left, top, width, height } = element.getBoundingClientRect();
    return Math.hypot(clientX - left - width / 2, clientY - top - height / 2);
  });
  return distances.indexOf(Math.min(...distances));
}
