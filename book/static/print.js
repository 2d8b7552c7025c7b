// Prints in light colors, whatever the screen shows, since dark text colors are too pale for white
// paper; and with all cells unfolded, since paper cannot be clicked.
"use strict";

const root = document.documentElement;
const paper = window.matchMedia("print");
let theme = root.dataset.theme;
let folded = [];

paper.addEventListener("change", () => {
  if (paper.matches) {
    theme = root.dataset.theme;
    root.dataset.theme = "light";
    folded = [...document.querySelectorAll("details.hide:not([open])")];
  } else {
    root.dataset.theme = theme;
  }
  for (const one of folded) one.open = paper.matches;
});
