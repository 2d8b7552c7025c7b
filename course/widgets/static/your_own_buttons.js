// Rows of buttons that stand only while they are of use: which head is seen, which words are hidden.

import { button, html, setText } from "./dom.js";
import { say } from "./say.js";

/** `told(state)` gives [text, pressed] of each button, and none where the row is of no use;
    `press(place)` hears which one is pressed. */
function buttonRow(label, told, press) {
  const element = html("div", {});
  const group = html("div", {
    class: "attn-buttons own-choice",
    role: "group",
    "aria-label": label,
  });
  const name = html("span", { class: "attn-hint" }, label);
  const made = [];
  return {
    element,
    show(state) {
      const wanted = told(state);
      if (wanted.length === 0) return element.replaceChildren();
      while (made.length < wanted.length) {
        const place = made.length;
        made.push(button("", () => press(place)));
      }
      wanted.forEach(([text, pressed], i) => {
        setText(made[i], text);
        made[i].setAttribute("aria-pressed", pressed);
      });
      if (group.children.length !== wanted.length + 1) {
        group.replaceChildren(name, ...made.slice(0, wanted.length));
      }
      if (!element.firstChild) element.append(group);
    },
  };
}

export const headButtons = (choose) =>
  buttonRow(
    say("head on view"),
    ({ heads, head }) =>
      heads === 1
        ? []
        : Array.from({ length: heads }, (_, i) => [say("head {head}", { head: i }), i === head]),
    choose,
  );

export function hideButtons(choose) {
  let hidden = [];
  return buttonRow(
    say("hidden words"),
    ({ how, names }) => {
      hidden = how.hidden;
      return how.mask === 3 ? names.map((name, i) => [name, hidden.includes(i)]) : [];
    },
    (word) =>
      choose(hidden.includes(word) ? hidden.filter((one) => one !== word) : [...hidden, word]),
  );
}
