// Writes beside each chapter how many of its predictions and quizzes were answered in this browser.
"use strict";

{
  const KEPT = { prediction: "attn-guesses", quiz: "attn-quizzes" }; // predict.js and quiz.js
  const say = globalThis.attnSay;
  /** How many of all were answered, in words. */
  const IN_WORDS = {
    prediction: (of) =>
      say(of.all === 1 ? "{count} of {all} prediction" : "{count} of {all} predictions", of),
    quiz: (of) => say(of.all === 1 ? "{count} of {all} quiz" : "{count} of {all} quizzes", of),
  };

  /** What was answered, as "page#question"; whatever else is stored is as if nothing were. */
  function answered(kind) {
    try {
      return Object.keys(JSON.parse(localStorage.getItem(KEPT[kind]) ?? "{}") ?? {});
    } catch {
      return [];
    }
  }

  const forget = document.getElementById("forget-progress");
  const lines = [...document.querySelectorAll(".chapters-done .done")];
  const before = lines.map((line) => line.textContent);

  function show() {
    let any = false;
    for (const [index, line] of lines.entries()) {
      const parts = Object.keys(KEPT).map((kind) => {
        const all = Number(line.dataset[kind]);
        const found = answered(kind).filter((key) => key.startsWith(`${line.dataset.page}#`));
        const count = Math.min(found.length, all);
        any ||= count > 0;
        return { count, words: IN_WORDS[kind]({ count, all }), all };
      });
      const some = parts.filter(({ all }) => all > 0);
      const begun = some.some(({ count }) => count > 0);
      line.textContent = begun ? some.map(({ words }) => words).join(", ") : before[index];
      line.dataset.whole = begun && some.every(({ count, all }) => count === all);
    }
    if (forget) forget.hidden = !any;
  }

  forget?.addEventListener("click", () => {
    for (const key of Object.values(KEPT)) localStorage.removeItem(key);
    show();
  });
  if (lines.length > 0) show();
  // Back from a chapter, the page may be as it was left.
  window.addEventListener("pageshow", show);
}
