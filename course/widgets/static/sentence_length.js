// Sentence length: how often translations are exact as sentences grow, and one example at each length.

import { columnNames, path, rowLines } from "./axes.js";
import { digits, html, redraw, setText, spoken, svg, update } from "./dom.js";
import { watch } from "./model.js";
import { say } from "./say.js";

/** For each word of `written`, whether it belongs to the longest common subsequence with `right`. */
export function agreeing(written, right) {
  const [n, m] = [written.length, right.length];
  const common = Array.from({ length: n + 1 }, () => new Array(m + 1).fill(0));
  for (let i = n - 1; i >= 0; i--) {
    for (let j = m - 1; j >= 0; j--) {
      common[i][j] =
        written[i] === right[j]
          ? 1 + common[i + 1][j + 1]
          : Math.max(common[i + 1][j], common[i][j + 1]);
    }
  }
  const agrees = [];
  for (let i = 0, j = 0; i < n; i++) {
    while (j < m && written[i] !== right[j] && common[i][j + 1] >= common[i + 1][j]) j++;
    agrees.push(j < m && written[i] === right[j]);
    if (agrees.at(-1)) j++;
  }
  return agrees;
}

/** The example whose length is nearest, the shorter of two equally near. */
export function nearest(examples, length) {
  return examples.reduce((best, example) =>
    Math.abs(example.length - length) < Math.abs(best.length - length) ? example : best,
  );
}

/** What the marks say, in words. */
export function summary(name, written, right) {
  if (written.join(" ") === right.join(" ")) return say("{name}: exact.", { name });
  const found = agreeing(written, right).filter(Boolean).length;
  return say("{name}: {found} of {count} words right.", { name, found, count: right.length });
}

function render({ model, el }) {
  const names = model.get("models");
  const chart = exactChart(model);
  const example = exampleTexts(names);
  const status = spoken("length-status");
  el.append(
    html("div", { class: "attn length" }, chart.element, legendOf(names), example.element, status),
  );

  const show = () => {
    const now = nearest(model.get("examples"), model.get("length"));
    chart.mark(now.length);
    example.show(now);
    const said = names.map((name, i) => summary(name, now.written[i], now.french));
    setText(status, `${say("{count} words.", { count: now.length })} ${said.join(" ")}`);
  };
  watch(model, ["length"], show);
  show();
}

function legendOf(names) {
  return html(
    "p",
    { class: "length-legend" },
    ...names.map((name, i) => html("span", { class: `model-${i}` }, name)),
    html("span", { class: "trained" }, say("lengths seen in training")),
  );
}

/** English, right French, and what each model wrote, its wrong words marked. */
function exampleTexts(names) {
  const text = (name, attributes = {}) => {
    const words = html("p", {});
    return { words, parts: [html("h4", attributes, name), words] };
  };
  const [english, right] = [text(say("English")), text(say("Right in French"))];
  const written = names.map((name, i) => text(name, { class: `model-${i}` }));
  const parts = [english, right, ...written].flatMap((one) => one.parts);
  return {
    element: html("div", { class: "length-example" }, ...parts),
    show(example) {
      setText(english.words, example.english.join(" "));
      setText(right.words, example.french.join(" "));
      written.forEach(({ words }, i) => {
        redraw(words, ...marked(example.written[i], example.french));
      });
    },
  };
}

function marked(written, right) {
  const agrees = agreeing(written, right);
  return written.flatMap((word, j) => [j ? " " : "", agrees[j] ? word : html("mark", {}, word)]);
}

const BOX = { left: 44, right: 508, top: 14, bottom: 184 };

function exactChart(model) {
  const lengths = model.get("lengths");
  const [first, last] = [model.get("examples")[0].length, model.get("examples").at(-1).length];
  const across = (length) =>
    BOX.left + ((length - first) / (last - first)) * (BOX.right - BOX.left);
  const up = (exact) => BOX.bottom - exact * (BOX.bottom - BOX.top);

  const rule = svg("line", { class: "rule", y1: BOX.top, y2: BOX.bottom });
  const curves = model.get("exact").map((exact, i) => {
    const points = exact.map((share, j) => [across(lengths[j]), up(share)]);
    return svg("path", { class: `curve model-${i}`, d: path(points) });
  });
  const seen = { x: BOX.left, y: BOX.top, height: BOX.bottom - BOX.top };
  const width = across(model.get("trained_to") + 0.5) - BOX.left;
  const label = say("Share of exact translations by number of English words");
  const start = Math.ceil(first / 5) * 5;
  const fives = Array.from({ length: Math.floor((last - start) / 5) + 1 }, (_, i) => start + 5 * i);
  return {
    element: svg(
      "svg",
      { viewBox: "0 0 520 230", role: "img", "aria-label": label },
      svg("rect", { class: "trained", ...seen, width }),
      ...rowLines(
        BOX,
        [0, 0.5, 1].map((exact) => [up(exact), `${digits(100 * exact, 0)} %`]),
      ),
      ...columnNames(
        BOX,
        fives.map((length) => [across(length), `${length}`]),
        say("English words in the sentence"),
      ),
      rule,
      ...curves,
    ),
    mark: (length) => update(rule, { x1: across(length), x2: across(length) }),
  };
}

export default { render };
