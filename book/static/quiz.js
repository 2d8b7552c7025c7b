// Answers a quiz in the page. The feedback of every answer already stands in the folded list;
// choosing an answer copies its own into the line that screen readers read out.
"use strict";

/** Notes in the browser that a question was answered, and how: progress.js counts them. */
function noteAnswered(key, letter) {
  let all = {};
  try {
    all = Object(JSON.parse(localStorage.getItem("attn-quizzes") ?? "{}"));
  } catch {} // what is stored there is not ours
  localStorage.setItem("attn-quizzes", JSON.stringify({ ...all, [key]: letter }));
}

for (const quiz of document.querySelectorAll(".quiz")) {
  const said = quiz.querySelector(".quiz-said");
  const answers = quiz.querySelector("details");
  const feedbacks = answers.querySelectorAll(".quiz-feedback");
  const inputs = [...quiz.querySelectorAll("input")];
  const answer = (index) => {
    said.dataset.verdict = feedbacks[index].dataset.verdict;
    said.replaceChildren(...[...feedbacks[index].childNodes].map((node) => node.cloneNode(true)));
  };
  quiz.classList.add("quiz-live");
  answers.hidden = true;
  for (const [index, input] of inputs.entries()) {
    input.addEventListener("change", () => {
      answer(index);
      noteAnswered(quiz.dataset.key, input.id.at(-1));
    });
  }
  // A reader who comes back finds the choice as it was, put back by the browser without a change.
  window.addEventListener("pageshow", () => {
    const chosen = inputs.findIndex((input) => input.checked);
    if (chosen >= 0) answer(chosen);
  });
}
