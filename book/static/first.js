// The first script of a page, and the only one of the theme's that it waits for.
"use strict";

// With cookies blocked even looking at `localStorage` throws, and the theme looks before anything
// else: such a browser gets a storage that forgets when the page is left.
for (const name of ["localStorage", "sessionStorage"]) {
  try {
    window[name].length;
  } catch {
    const kept = new Map();
    const storage = {
      getItem: (key) => kept.get(key) ?? null,
      setItem: (key, value) => void kept.set(key, String(value)),
      removeItem: (key) => void kept.delete(key),
    };
    Object.defineProperty(window, name, { value: storage });
  }
}
// A full one refuses what is written: then the page goes on, and forgets it.
const write = Storage.prototype.setItem;
Storage.prototype.setItem = function (key, value) {
  try {
    write.call(this, key, value);
  } catch {}
};

// What answers a prediction comes unfolded, for readers without scripts: folded before it is drawn.
const coming = new MutationObserver((changes) => {
  for (const one of changes.flatMap(({ addedNodes }) => [...addedNodes])) {
    if (one.matches?.("details.hide.below-input")) one.open = false;
  }
});
coming.observe(document, { childList: true, subtree: true });
document.addEventListener("DOMContentLoaded", () => coming.disconnect());

// What the page's scripts say, in its language, as `say.js` does for the live pictures.
globalThis.attnSay = (text, values = {}) => {
  const said = globalThis.attnWords?.[text] ?? text;
  return said.replace(/\{(\w+)\}/g, (braces, name) => values[name] ?? braces);
};

// Light or dark from the first frame on. The theme would choose when the page is read: until then
// the page had no borders, and moved when they came.
{
  const { dataset } = document.documentElement;
  const dark = window.matchMedia("(prefers-color-scheme: dark)").matches;
  dataset.mode = localStorage.getItem("mode") || "auto";
  dataset.theme = dataset.mode === "auto" ? (dark ? "dark" : "light") : dataset.mode;
}
