// A grip in a drawing: dragged by mouse or finger, or moved by keys while its slider has the focus.

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
    const inverse = grip.ownerSVGElement.getScreenCTM().inverse();
    move(byPoint(new DOMPoint(event.clientX, event.clientY).matrixTransform(inverse)));
  });
}
