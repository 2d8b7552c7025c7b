// Answers a quiz in the page. The feedback of every answer already stands in the folded list;
// choosing an answer copies its own into the line that screen readers read out.
"use strict";

for (const quiz of document.querySelectorAll(".quiz")) {
  const said = quiz.querySelector(".quiz-said");
  const answers = quiz.querySelector("details");
  const feedbacks = answers.querySelectorAll(".quiz-feedback");
  quiz.classList.add("quiz-live");
  answers.hidden = true;
  quiz.querySelectorAll("input").forEach((input, index) => {
    input.addEventListener("change", () => {
      said.dataset.verdict = feedbacks[index].dataset.verdict;
      said.replaceChildren(...[...feedbacks[index].childNodes].map((node) => node.cloneNode(true)));
    });
  });
}
