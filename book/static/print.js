// Prints in light colors, whatever the screen shows: dark text colors are too pale for white paper.
"use strict";

const root = document.documentElement;
const paper = window.matchMedia("print");
let theme = root.dataset.theme;

paper.addEventListener("change", () => {
  if (paper.matches) {
    theme = root.dataset.theme;
    root.dataset.theme = "light";
  } else {
    root.dataset.theme = theme;
  }
});
