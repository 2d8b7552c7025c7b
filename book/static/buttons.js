// What the theme's buttons do, by their data-does: the pages allow no handlers in their markup.
"use strict";

const DOES = {
  fullscreen: () => window.toggleFullScreen(), // the theme's own
  print: () => window.print(),
};

document.addEventListener("click", ({ target }) => {
  const button = target.closest?.("[data-does]");
  if (button) DOES[button.dataset.does]();
});
