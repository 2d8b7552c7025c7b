// The views of a page: each stands in a script of its own, which the page loads before this one.

import { html } from "./dom.js";

const made = new Map();

/** The view's module, made when it is first drawn, with its style. */
function viewOf(name) {
  if (!made.has(name)) {
    const view = globalThis.attnViews?.[name];
    if (!view) throw new Error(`the page loads no script for ${name}`);
    document.head.append(html("style", {}, view.style));
    made.set(name, view.make());
  }
  return made.get(name);
}

export async function anywidget(model) {
  const exported = viewOf(model.get("view"));
  const widget = typeof exported === "function" ? await exported() : exported;
  model.shared = widget.shared; // how each trait that a reader sets in the view is checked
  const element = html("div", { class: "attn-view" });
  await widget.initialize?.({ model });
  await widget.render({ model, el: element });
  return element;
}
