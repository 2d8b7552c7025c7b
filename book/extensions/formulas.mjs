// Sets formulas with the MathJax of a folder: one line of JSON in per page, one line out, and after
// the last page the style that all of them need.
//
// node formulas.mjs MATHJAX
// in:  [{"tex": "x^2", "display": false}, …]
// out: ["<mjx-container …>", …]
// end: "the rules these formulas need"

import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const require = createRequire(import.meta.url);
const mathjax = process.argv[2];
const log = console.warn;
console.warn = () => {}; // the package's adaptor bears no version, which MathJax remarks on
const MathJax = await require(`${mathjax}/node-main.js`).init({
  loader: {
    load: ["input/tex", "output/chtml", "adaptors/liteDOM", "a11y/assistive-mml"],
    paths: { mathjax },
    require,
  },
  chtml: { fontURL: "mathjax/output/chtml/fonts/woff-v2", adaptiveCSS: true, scale: 1.15 }, // as high as the text around it
});
console.warn = log;

const { adaptor } = MathJax.startup;

/** One formula as HTML; a mistake in it stops the build. */
function set({ tex, display }) {
  const container = MathJax.tex2chtml(tex, { display });
  const text = adaptor.outerHTML(container);
  const mistake = text.match(/data-mjx-error="([^"]*)"/);
  if (mistake) throw new Error(`${mistake[1]}: ${tex}`);
  return text;
}

for await (const line of createInterface({ input: process.stdin })) {
  console.log(JSON.stringify(JSON.parse(line).map(set)));
}
console.log(JSON.stringify(adaptor.textContent(MathJax.chtmlStylesheet())));
