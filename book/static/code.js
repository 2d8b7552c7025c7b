// Shows all code of a page, or none, or, as it comes, what teaches: what only prepares is folded.
// The choice is kept in the browser and holds for every page. Without this script all code is shown.
"use strict";

const KEPT = "attn-code";
const CHOICES = ["", "all", "none"]; // as the switch under the title has them (folds.py)

/** An input that stands open gets a fold of its own, as MyST-NB writes them. */
function fold(input) {
  const summary = document.createElement("summary");
  const words = document.createElement("p");
  words.className = "admonition-title";
  words.textContent = attnSay("Code");
  summary.append(words);
  const details = document.createElement("details");
  details.className = "hide above-input attn-code";
  input.replaceWith(details);
  details.append(summary, input);
}

function unfold(details) {
  details.replaceWith(details.querySelector(".cell_input"));
}

function showCode(choice) {
  for (const own of document.querySelectorAll("details.attn-code")) unfold(own);
  if (choice === "none") {
    for (const input of document.querySelectorAll("div.cell > .cell_input")) fold(input);
  }
  for (const folded of document.querySelectorAll("details.hide.above-input")) {
    folded.open = choice === "all";
  }
}

/** What was chosen before; anything else that is stored there is as if nothing were. */
function kept() {
  const choice = localStorage.getItem(KEPT) ?? "";
  return CHOICES.includes(choice) ? choice : "";
}

for (const input of document.querySelectorAll(".code-switch input")) {
  input.checked = input.value === kept();
  input.addEventListener("change", () => {
    localStorage.setItem(KEPT, input.value);
    showCode(input.value);
  });
}
if (document.querySelector(".code-switch") && kept() !== "") showCode(kept());
