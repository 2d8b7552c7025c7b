// A grip in a drawing: dragged by mouse or finger; or, while its slider has the focus, moved by keys,
// or by a press on the place where it is to go.

/** Moves what `grip` holds: `byKey(key, shift)` gives the next place or null, `byPoint(point)` the
    place under a point of the drawing, and `move(place)` takes it there. */
export function draggable(grip, slider, { byKey, byPoint, move }) {
  slider.addEventListener("keydown", (event) => {
    const next = byKey(event.key, event.shiftKey);
    if (next === null) return;
    event.preventDefault();
    move(next);
  });
  // A finger on the grip drags; beside it, it scrolls the page.
  grip.addEventListener("touchstart", (event) => event.preventDefault(), { passive: false });
  grip.addEventListener("pointerdown", (event) => {
    grip.setPointerCapture(event.pointerId);
    slider.focus();
    event.preventDefault();
  });
  grip.addEventListener("pointermove", (event) => {
    if (!grip.hasPointerCapture(event.pointerId)) return;
    move(byPoint(spotOf(grip, event)));
  });
  slider.addEventListener("focus", () => {
    places.set(slider, (event) => move(byPoint(spotOf(grip, event))));
    letPress(grip.ownerSVGElement);
  });
}

const places = new WeakMap(); // of each slider that had the focus: what takes it to a press
const pressable = new WeakSet();

function letPress(drawing) {
  if (pressable.has(drawing)) return;
  pressable.add(drawing);
  let held = null; // what has the focus before the press takes it away
  drawing.addEventListener("pointerdown", () => {
    held = document.activeElement;
  });
  drawing.addEventListener("click", (event) => {
    if (event.target.closest(".grip") || !drawing.contains(held)) return;
    places.get(held)?.(event);
    held.focus();
  });
}

function spotOf(grip, { clientX, clientY }) {
  const inverse = grip.ownerSVGElement.getScreenCTM().inverse();
  return new DOMPoint(clientX, clientY).matrixTransform(inverse);
}
