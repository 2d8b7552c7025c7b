// Whatever scrolls sideways can be reached by keyboard: long formulas and outputs.
"use strict";

function letKeyboardReach() {
  for (const box of document.querySelectorAll("mjx-container[display], .cell_output > .output")) {
    if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
    else box.removeAttribute("tabindex");
  }
}

window.addEventListener("load", letKeyboardReach);
window.addEventListener("resize", letKeyboardReach);
