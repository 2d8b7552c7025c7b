// Shows all code of a page, or none, or, as it comes, what teaches: what only prepares is folded.
// The choice is kept in the browser and holds for every page. Without this script all code is shown.
"use strict";

const KEPT = "attn-code";
const CHOICES = { "": "what teaches", all: "all", none: "none" };

/** An input that stands open gets a fold of its own, as MyST-NB writes them. */
function fold(input) {
  const summary = document.createElement("summary");
  const words = document.createElement("p");
  words.className = "admonition-title";
  words.textContent = "Code";
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

function codeSwitch() {
  const group = document.createElement("fieldset");
  group.className = "code-switch";
  const legend = document.createElement("legend");
  legend.textContent = "Show code:";
  group.append(legend);
  for (const [choice, words] of Object.entries(CHOICES)) {
    const input = document.createElement("input");
    Object.assign(input, { type: "radio", name: "code-switch", value: choice });
    input.checked = choice === kept();
    input.addEventListener("change", () => {
      localStorage.setItem(KEPT, choice);
      showCode(choice);
    });
    const label = document.createElement("label");
    label.append(input, words);
    group.append(label);
  }
  return group;
}

/** What was chosen before; anything else that is stored there is as if nothing were. */
function kept() {
  const choice = localStorage.getItem(KEPT) ?? "";
  return Object.hasOwn(CHOICES, choice) ? choice : "";
}

if (document.querySelectorAll("div.cell .cell_input").length > 1) {
  document.querySelector(".bd-article h1").after(codeSwitch());
  if (kept() !== "") showCode(kept());
}
