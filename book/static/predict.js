// Keeps a reader's guesses in the browser, uncovers what happened, and says how far off they were.
// Whatever is typed or stored is only ever text.
"use strict";

{
  const KEPT = "attn-guesses"; // { "notebooks/04_…#1f2e": "a guess" }
  const LONGEST = 20;

  /** The guesses of every page; whatever else is stored there is as if nothing were. */
  function guesses() {
    try {
      const stored = Object.entries(JSON.parse(localStorage.getItem(KEPT) ?? "{}"));
      return new Map(
        stored.filter(([, guess]) => typeof guess === "string" && guess.length <= LONGEST),
      );
    } catch {
      return new Map();
    }
  }

  function keep(key, guess) {
    const all = guesses();
    if (guess === null) all.delete(key);
    else all.set(key, guess);
    localStorage.setItem(KEPT, JSON.stringify(Object.fromEntries(all)));
  }

  const say = globalThis.attnSay;
  const THOUSANDS = /^[-−]?\d{1,3}(,\d{3})+(\.\d+)?$/;

  /** What is written as a number, with a unit or without; NaN for anything else. */
  function parsed(written) {
    const bare = written.trim().replace(/\s*(%|×|[a-z]+)$/i, "");
    const grouped = say(".") === "." && THOUSANDS.test(bare); // elsewhere a comma is the point
    const plain = grouped ? bare.replaceAll(",", "") : bare.replace(/\s/g, "").replace(",", ".");
    return /^[-−]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(plain)
      ? Number(plain.replace("−", "-"))
      : Number.NaN;
  }

  const said = (number, unit) => {
    const digits = Number(number.toPrecision(3)).toLocaleString(document.documentElement.lang, {
      maximumFractionDigits: 6,
    });
    return `${digits.replace("-", "−")}${unit && ` ${unit}`}`;
  };

  /** How far the guess was off: by its factor where that says more, by the difference elsewhere. */
  function numberVerdict(guess, truth, unit) {
    const off = Math.abs(guess - truth);
    const both = { guess: said(guess, unit), truth: said(truth, unit) };
    if (off <= 0.02 * Math.abs(truth)) return say("You expected {guess}, and it is {truth}.", both);
    const factor = Math.max(guess / truth, truth / guess);
    if (guess * truth > 0 && factor >= 2) {
      return say(
        guess > truth
          ? "You expected {guess}, and it is {truth}: too much by a factor of {factor}."
          : "You expected {guess}, and it is {truth}: too little by a factor of {factor}.",
        { ...both, factor: said(factor, "") },
      );
    }
    return say("You expected {guess}, and it is {truth}: off by {off}.", {
      ...both,
      off: said(off, unit),
    });
  }

  function verdict({ kind, true: truth, unit }, guess) {
    if (kind !== "choice") return numberVerdict(parsed(guess), Number(truth), unit);
    return guess === truth
      ? say("{truth} it is.", { truth })
      : say("You expected {guess}, and it is {truth}.", { guess, truth });
  }

  /** The folded output that answers the form, if one does: the first before the next question. */
  function foldBelow(form) {
    for (const one of document.querySelectorAll("form.guess, details.hide.below-input")) {
      const follows = form.compareDocumentPosition(one) & Node.DOCUMENT_POSITION_FOLLOWING;
      if (follows && one !== form) return one.matches("details") ? one : null;
    }
    return null;
  }

  for (const form of document.querySelectorAll("form.guess")) {
    const { key, kind, unit } = form.dataset;
    const inputs = [...form.querySelectorAll("input")];
    const [submit, forget] = form.querySelectorAll("button");
    const status = form.querySelector(".guess-said");
    const letterOf = (input) => input.id.split("-").at(-1);

    /** What is dragged says its value, beside it and to who hears it. */
    const sayPlace = () => {
      const place = said(Number(inputs[0].value), unit);
      form.querySelector(".guess-at").textContent = place;
      inputs[0].setAttribute("aria-valuetext", place);
    };

    const read = () =>
      kind === "choice"
        ? letterOf(inputs.find((input) => input.checked) ?? { id: "" })
        : inputs[0].value.trim();
    const isGuess = (guess) =>
      kind === "choice"
        ? inputs.some((input) => letterOf(input) === guess)
        : kind === "drag"
          ? inputs[0].min <= parsed(guess) && parsed(guess) <= inputs[0].max
          : !Number.isNaN(parsed(guess));

    const show = (guess) => {
      for (const input of inputs) {
        if (kind === "choice") input.checked = letterOf(input) === guess;
        else input.value = guess ?? input.defaultValue;
        input.disabled = guess !== null;
      }
      if (kind === "drag") sayPlace();
      submit.hidden = guess !== null;
      forget.hidden = guess === null;
      status.textContent = guess === null ? "" : verdict(form.dataset, guess);
    };

    if (kind === "drag") inputs[0].addEventListener("input", sayPlace);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const guess = read();
      if (!isGuess(guess)) {
        status.textContent = say(
          kind === "number" ? "Write a number, such as 0.5 or 40." : "Say first what you expect.",
        );
        return;
      }
      keep(key, guess);
      show(guess);
      const fold = foldBelow(form);
      if (fold) fold.open = true;
      forget.focus();
    });
    forget.addEventListener("click", () => {
      keep(key, null);
      show(null);
      inputs[0].focus();
    });
    const kept = guesses().get(key) ?? null;
    show(kept !== null && isGuess(kept) ? kept : null);
  }
}
