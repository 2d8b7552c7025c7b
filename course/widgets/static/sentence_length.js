// Sentence length: how often translations are exact as sentences grow, and one example at each length.

import { digits, html, svg, update } from "./dom.js";

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
  if (written.join(" ") === right.join(" ")) return `${name}: exact.`;
  const wrong = agreeing(written, right).filter((agrees) => !agrees).length;
  const missing = right.length - (written.length - wrong);
  return `${name}: ${wrong} wrong and ${missing} missing of ${right.length} words.`;
}

const LENGTHS = { width: 520, height: 230, left: 44, right: 508, top: 14, bottom: 184 };

function render({ model, el }) {
  const [names, lengths] = [model.get("models"), model.get("lengths")];
  const [first, last] = [model.get("examples")[0].length, model.get("examples").at(-1).length];
  const across = (length) =>
    LENGTHS.left + ((length - first) / (last - first)) * (LENGTHS.right - LENGTHS.left);
  const up = (exact) => LENGTHS.bottom - exact * (LENGTHS.bottom - LENGTHS.top);

  const rule = svg("line", { class: "rule", y1: LENGTHS.top, y2: LENGTHS.bottom });
  const curves = names.map((_, i) => {
    const points = model.get("exact")[i].map((exact, j) => `${across(lengths[j])} ${up(exact)}`);
    return svg("path", { class: `curve model-${i}`, d: `M${points.join("L")}` });
  });
  const trained = svg("rect", {
    class: "trained",
    x: LENGTHS.left,
    y: LENGTHS.top,
    width: across(model.get("trained_to") + 0.5) - LENGTHS.left,
    height: LENGTHS.bottom - LENGTHS.top,
  });
  const chart = svg(
    "svg",
    {
      viewBox: `0 0 ${LENGTHS.width} ${LENGTHS.height}`,
      role: "img",
      "aria-label": "Share of exact translations by number of English words",
    },
    trained,
    ...lengthAxes(first, last, across, up),
    rule,
    ...curves,
  );
  const legend = html(
    "p",
    { class: "length-legend" },
    ...names.map((name, i) => html("span", { class: `model-${i}` }, name)),
    html("span", { class: "trained" }, "lengths seen in training"),
  );

  const english = html("p", { class: "length-english" });
  const right = html("p", { class: "length-french" });
  const rows = names.map((name, i) => {
    const words = html("p", { class: "length-french" });
    return { words, element: html("div", {}, html("h4", { class: `model-${i}` }, name), words) };
  });
  const status = html("p", { class: "length-status", role: "status" });
  el.append(
    html(
      "div",
      { class: "attn length" },
      chart,
      legend,
      html(
        "div",
        { class: "length-example" },
        html("h4", {}, "English"),
        english,
        html("h4", {}, "Right in French"),
        right,
        ...rows.map(({ element }) => element),
      ),
      status,
    ),
  );

  const show = () => {
    const example = nearest(model.get("examples"), model.get("length"));
    update(rule, { x1: across(example.length), x2: across(example.length) });
    english.textContent = example.english.join(" ");
    right.textContent = example.french.join(" ");
    rows.forEach(({ words }, i) => {
      const written = example.written[i];
      const agrees = agreeing(written, example.french);
      words.replaceChildren(
        ...written.flatMap((word, j) => [j ? " " : "", agrees[j] ? word : html("mark", {}, word)]),
      );
    });
    status.textContent =
      `${example.length} words. ` +
      names.map((name, i) => summary(name, example.written[i], example.french)).join(" ");
  };
  model.on("change:length", show);
  show();
}

function lengthAxes(first, last, across, up) {
  const columns = [];
  for (let length = Math.ceil(first / 5) * 5; length <= last; length += 5) {
    columns.push(
      svg(
        "text",
        { class: "quiet", x: across(length), y: LENGTHS.bottom + 18, "text-anchor": "middle" },
        `${length}`,
      ),
    );
  }
  const rows = [0, 0.5, 1].flatMap((exact) => [
    svg("line", {
      class: "grid",
      x1: LENGTHS.left,
      x2: LENGTHS.right,
      y1: up(exact),
      y2: up(exact),
    }),
    svg(
      "text",
      { class: "quiet", x: LENGTHS.left - 8, y: up(exact) + 4, "text-anchor": "end" },
      `${digits(100 * exact, 0)} %`,
    ),
  ]);
  const name = svg(
    "text",
    {
      class: "quiet",
      x: (LENGTHS.left + LENGTHS.right) / 2,
      y: LENGTHS.bottom + 38,
      "text-anchor": "middle",
    },
    "English words in the sentence",
  );
  return [...rows, ...columns, name];
}

export default { render };
