// What a reader sees or hears, in the language of the page. A page in another language than English has
// loaded its words, { English: other }, before any widget is drawn (book/extensions/languages.py).

/** The text in the page's language, with the values in place of their names in braces:
    say("{found} of {all} words", { found: 2, all: 7 }). What has no translation stays English. */
export function say(text, values = {}) {
  const said = globalThis.attnWords?.[text] ?? text;
  return said.replace(/\{(\w+)\}/g, (braces, name) => values[name] ?? braces);
}
