// Prints in light colors, whatever the screen shows, since dark text colors are too pale for white
// paper; and with all cells unfolded, since paper cannot be clicked.
"use strict";

const root = document.documentElement;
const paper = window.matchMedia("print");
let theme;
let folded; // while it prints

function forPaper() {
  if (folded) return;
  theme = root.dataset.theme;
  root.dataset.theme = "light";
  folded = [...document.querySelectorAll("details.hide:not([open])")];
  for (const one of folded) one.open = true;
}

function forScreen() {
  if (!folded) return;
  root.dataset.theme = theme;
  for (const one of folded) one.open = false;
  folded = undefined;
}

// Before the sheets are counted: what unfolds later pushes the end of the page off the last one.
window.addEventListener("beforeprint", forPaper);
window.addEventListener("afterprint", forScreen);
paper.addEventListener("change", () => (paper.matches ? forPaper() : forScreen()));
