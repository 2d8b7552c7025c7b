// Answers a quiz in the page. The feedback of every answer already stands in the folded list;
// choosing an answer copies its own into the line that screen readers read out.
"use strict";

for (const quiz of document.querySelectorAll(".quiz")) {
  const said = quiz.querySelector(".quiz-said");
  const answers = quiz.querySelector("details");
  const feedbacks = answers.querySelectorAll(".quiz-feedback");
  const inputs = [...quiz.querySelectorAll("input")];
  const say = (index) => {
    said.dataset.verdict = feedbacks[index].dataset.verdict;
    said.replaceChildren(...[...feedbacks[index].childNodes].map((node) => node.cloneNode(true)));
  };
  quiz.classList.add("quiz-live");
  answers.hidden = true;
  for (const [index, input] of inputs.entries()) {
    input.addEventListener("change", () => say(index));
  }
  // A reader who comes back finds the choice as it was, put back by the browser without a change.
  window.addEventListener("pageshow", () => {
    const chosen = inputs.findIndex((input) => input.checked);
    if (chosen >= 0) say(chosen);
  });
}
