// A trained network in the page: its weights arrive after the view stands, or they do not.

import { asset } from "./asset.js";
import { button, html, setText, spoken } from "./dom.js";
import { readSafetensors } from "./safetensors.js";
import { say } from "./say.js";

const PATIENCE = 20_000; // ms until a reader hears that no weights have come

/** Builds the network of a view from its weights and hands it to `ready`. Where that fails or takes
    too long, a sentence under the view says so, with a button to try again. Settles when either is
    seen; the view's `el` says in data-ready which: "true" or "missing", and "false" until then. */
export function trained({ model, el }, build, ready) {
  return new Promise((settled) => {
    const notice = missing(() => load(true));
    const complain = () => {
      el.dataset.ready = "missing";
      el.append(notice.element);
      notice.show(say("The model could not be loaded, so this picture stands still."), true);
      settled();
    };
    const load = async (again) => {
      el.dataset.ready = "false";
      notice.show(say("Loading the model …"), false);
      const patience = setTimeout(complain, PATIENCE);
      const network = await built(model, build, again);
      clearTimeout(patience);
      if (el.dataset.ready === "true") return; // by another try
      if (network === null) return complain();
      notice.element.remove();
      ready(network);
      el.dataset.ready = "true";
      settled();
    };
    load(false);
  });
}

/** The network, or null where its weights do not come or are none. */
async function built(model, build, again) {
  try {
    const bytes = await asset(model, model.get("weights"), again);
    return build(readSafetensors(bytes), model.get("shape"));
  } catch (error) {
    console.warn(error);
    return null;
  }
}

function missing(tryAgain) {
  const sentence = spoken();
  const again = button(say("Try again"), tryAgain);
  return {
    element: html("div", { class: "attn-missing attn-buttons" }, sentence, again),
    show(text, over) {
      setText(sentence, text);
      again.disabled = !over;
    },
  };
}
