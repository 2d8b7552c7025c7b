// anywidget modules, loaded from a Blob because file:// forbids importing a file.

import { html } from "./dom.js";

const modules = new Map();
const styles = new Set();

const load = (source) => {
  if (!modules.has(source)) {
    const url = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
    modules.set(source, import(url));
  }
  return modules.get(source);
};

export async function anywidget(model) {
  const { default: exported } = await load(model.get("_esm"));
  const widget = typeof exported === "function" ? await exported() : exported;
  const style = model.get("_css");
  if (style && !styles.has(style)) {
    styles.add(style);
    document.head.append(html("style", {}, style));
  }
  const element = html("div", { class: "attn-view" });
  await widget.initialize?.({ model });
  await widget.render({ model, el: element });
  return element;
}
