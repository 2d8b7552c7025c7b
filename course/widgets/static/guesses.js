// Guesses: a text whose words were guessed one by one; what each reader expected at the chosen place.

import { isPlace } from "./checks.js";
import { digits, html, setText, spoken, update } from "./dom.js";
import { sum } from "./math.js";
import { set, watch } from "./model.js";
import { roving } from "./roving.js";
import { say } from "./say.js";

/** The mean surprise in nats, −ln p of what stands there. */
export function surprise(truth) {
  return sum(truth.map((chance) => -Math.log(Math.max(chance, 1e-4)))) / truth.length;
}

/** What the picture shows, in words. */
export function describe({ readers, words, guesses, truth, place }) {
  const right = words[place];
  const each = readers.map((reader, i) => {
    const [best, chance] = guesses[i][place][0];
    return say(
      best === right
        ? "{reader}: “{best}” with {chance}, which is right"
        : "{reader}: “{best}” with {chance}, and gives “{right}” {truth}",
      { reader, best, chance: digits(chance), right, truth: digits(truth[i][place]) },
    );
  });
  const found = readers.map((reader, i) =>
    say("{reader} {found} of {count}", {
      reader,
      found: guesses[i].filter((list, j) => list[0][0] === words[j]).length,
      count: words.length,
    }),
  );
  return say("In place of “{right}”: {guesses}. Right in this text: {found}.", {
    right,
    guesses: each.join(say("; ")),
    found: found.join(", "),
  });
}

function render({ model, el }) {
  const line = html("div", { class: "guess-words", role: "group", "aria-label": say("The text") });
  const lists = html("div", { class: "guess-lists" });
  const says = spoken("attn-says");
  const hint = say(
    "Press one, or move with the arrow keys. More color: more probable ({reader}).",
    { reader: model.get("readers").at(-1) },
  );
  el.append(
    html(
      "div",
      { class: "attn guess" },
      line,
      html("p", { class: "attn-hint" }, hint),
      lists,
      says,
    ),
  );
  let buttons = [];
  const draw = () => {
    const { words, truth } = stateOf(model);
    buttons = words.map((word, i) => {
      const button = html("button", { type: "button" }, word);
      button.style.setProperty("--chance", truth.at(-1)[i]);
      button.addEventListener("click", () => set(model, { place: i }));
      return button;
    });
    line.replaceChildren(...buttons);
    stop = roving(buttons, buttons.length, (place) => set(model, { place }));
  };
  let stop = null;
  const show = () => {
    const now = stateOf(model);
    stop(now.place);
    buttons.forEach((button, i) => {
      update(button, { "aria-pressed": i === now.place });
    });
    lists.replaceChildren(...now.readers.map((reader, i) => table(reader, i, now)));
    setText(says, describe(now));
  };
  watch(model, ["text"], () => {
    draw();
    show();
  });
  watch(model, ["place"], show);
  draw();
  show();
}

function stateOf(model) {
  const { words, guesses, truth } = model.get("texts")[model.get("text")];
  const place = Math.min(model.get("place"), words.length - 1);
  return { readers: model.get("readers"), words, guesses, truth, place };
}

/** One reader's likeliest guesses as bars; what really stands there is marked, or added below. */
function table(reader, i, { words, guesses, truth, place }) {
  const right = words[place];
  const list = guesses[i][place];
  const known = list.some(([word]) => word === right);
  const rows = known ? list : [...list.slice(0, -1), [right, truth[i][place]]];
  return html(
    "table",
    { class: "guess-bars" },
    html("caption", {}, reader),
    html("tbody", {}, ...rows.map(([word, chance]) => row(word, chance, word === right))),
  );
}

function row(word, chance, right) {
  const bar = html("span", { class: "bar", style: `width: ${(100 * chance).toFixed(1)}%` });
  return html(
    "tr",
    right ? { class: "right" } : {},
    html("th", { scope: "row" }, word, ...(right ? [html("span", {}, " ✓")] : [])),
    html("td", { class: "track" }, bar),
    html("td", { class: "digits" }, digits(chance)),
  );
}

/** What an address may set. */
const shared = {
  place: (value, model) => isPlace(value, stateOf(model).words.length),
};

export default { render, shared };
