// A state matrix: written token by token, faded, corrected, and read by a question.

import { isPlace } from "./checks.js";
import { button, digits, html, setText, spoken, update } from "./dom.js";
import { argmax } from "./math.js";
import { set, watch } from "./model.js";
import { roving } from "./roving.js";
import { say } from "./say.js";

/** What a state answers to a key: Sᵀk, a number per value channel. */
export function read(state, key) {
  return state[0].map((_, column) =>
    key.reduce((total, number, row) => total + number * state[row][column], 0),
  );
}

/** The states after each token, and what each token did: S ← γS, then S ← S + k·(v − Sᵀk)ᵀ with
    the delta rule, S ← S + k·vᵀ without. The first entry is the empty state. */
export function written({ keys, values, decay, delta }) {
  let state = keys[0].map(() => values[0].map(() => 0));
  const steps = [
    { before: state, kept: state, stored: values[0].map(() => 0), added: state, state },
  ];
  keys.forEach((key, t) => {
    const before = state;
    const kept = before.map((row) => row.map((number) => decay * number));
    const stored = read(kept, key);
    const target = values[t].map((number, column) => number - (delta ? stored[column] : 0));
    const added = key.map((number) => target.map((wanted) => number * wanted));
    state = kept.map((row, i) => row.map((number, j) => number + added[i][j]));
    steps.push({ before, kept, stored, added, state });
  });
  return steps;
}

/** How one entry came about, in numbers. */
export function entryInWords({ step, row, column, key, value, decay, delta }) {
  const before = digits(step.before[row][column]);
  const target = delta ? `(${digits(value)} − ${bracketed(step.stored[column])})` : digits(value);
  const kept = decay === 1 ? before : `${digits(decay)} · ${bracketed(step.before[row][column])}`;
  const sum = `${kept} + ${digits(key)} · ${target}`;
  return `${sum} = ${digits(step.state[row][column])}`;
}

const bracketed = (number) => (number < 0 ? `(${digits(number)})` : digits(number));

/** What a question is answered, in words. */
export function answerInWords(asked, values, answer, latest) {
  if (answer.every((number) => Math.abs(number) < 0.005)) {
    return say("Asked for {asked}, the state answers nothing: all zeros.", { asked });
  }
  const best = argmax(answer);
  const ties = answer.filter((number) => answer[best] - number < 0.005).length > 1;
  return say("Asked for {asked}, the state answers {answer}: {loudest}; {truth}.", {
    asked,
    answer: values
      .map((word, column) => `${word} ${digits(answer[column])}`)
      .reduce((x, y) => say("{x}, {y}", { x, y })),
    loudest: say(ties ? "no one value is largest" : "{value} is largest", { value: values[best] }),
    truth: say(latest === null ? "{asked} was never told" : "last told was {latest}", {
      asked,
      latest,
    }),
  });
}

function render({ model, el }) {
  const [names, places] = [model.get("names"), model.get("places")];
  const tokens = tokenList(model);
  const buttons = stepButtons(model);
  const grid = stateTable(model.get("key")[0].length, places, (cell) => set(model, { cell }));
  const entry = html("p", { class: "state-entry" });
  const status = spoken("attn-says");
  const parts = [tokens.element, buttons.element, grid.element, entry, status];
  el.append(
    html("div", { class: "attn state" }, ...parts, html("p", { class: "attn-hint" }, HINT)),
  );

  const show = () => {
    const now = model.get("step");
    const told = toldBy(model);
    const step = written(told)[now];
    const asked = model.get("asked");
    const query = model.get("key")[asked];
    const answer = read(step.state, query);
    tokens.show(now);
    buttons.show(now);
    grid.show(step, now === 0 ? null : told.keys[now - 1], query, answer, names[asked]);
    grid.choose(model.get("cell"));
    setText(entry, cellInWords(told, step, now, model.get("cell"), places));
    const latest = model
      .get("told")
      .slice(0, now)
      .findLast(([name]) => name === asked);
    const truth = latest === undefined ? null : places[latest[1]];
    setText(status, answerInWords(names[asked], places, answer, truth));
  };
  watch(model, ["decay", "delta", "step", "asked", "cell"], show);
  show();
}

/** What is told, as vectors, with the rule. */
function toldBy(model) {
  const [places, told] = [model.get("places"), model.get("told")];
  return {
    keys: told.map(([name]) => model.get("key")[name]),
    values: told.map(([, place]) => places.map((_, column) => Number(column === place))),
    decay: model.get("decay"),
    delta: model.get("delta"),
  };
}

function cellInWords({ keys, values, decay, delta }, step, now, cell, places) {
  if (now === 0) return say("Before the first token every entry is 0.");
  const [row, column] = [Math.floor(cell / places.length), cell % places.length];
  const [key, value] = [keys[now - 1][row], values[now - 1][column]];
  const sum = entryInWords({ step, row, column, key, value, decay, delta });
  return say("Row {row}, {place}: {sum}", { row, place: places[column], sum });
}

const HINT = say(
  "Choose an entry with the mouse or the arrow keys: the line under the table says how it came about.",
);

/** The tokens, those already read marked. */
function tokenList(model) {
  const [names, places] = [model.get("names"), model.get("places")];
  const items = model
    .get("told")
    .map(([name, place]) =>
      html(
        "li",
        {},
        html("span", { class: "key" }, names[name]),
        " → ",
        html("span", { class: "value" }, places[place]),
      ),
    );
  return {
    element: html(
      "ol",
      { class: "state-tokens", "aria-label": say("what the tokens tell") },
      ...items,
    ),
    show(now) {
      items.forEach((item, t) => {
        update(item, { "data-read": t < now, "aria-current": t === now - 1 ? "step" : "false" });
      });
    },
  };
}

function stepButtons(model) {
  const move = (by) => set(model, { step: model.get("step") + by });
  const back = button(say("← one token back"), () => move(-1));
  const on = button(say("read the next token →"), () => move(1));
  return {
    element: html("div", { class: "attn-buttons" }, back, on),
    show(now) {
      back.disabled = now === 0;
      on.disabled = now === model.get("told").length;
    },
  };
}

/** The state: a row per channel of the key, a column per value; beside it the key now written and
    the question, below it what comes out. */
function stateTable(size, places, choose) {
  const cells = Array.from({ length: size * places.length }, (_, i) => {
    const cell = html("button", { type: "button", class: "state-cell" });
    cell.addEventListener("click", () => choose(i));
    return cell;
  });
  roving(cells, places.length, choose);
  const numbers = (name, count) =>
    Array.from({ length: count }, () => html("td", { class: `digits ${name}` }));
  const [keys, query] = [numbers("key", size), numbers("query", size)];
  const answers = numbers("value", places.length);
  const asked = html("th", { scope: "col", class: "query" });
  return {
    element: layout({ places, cells, keys, query, answers, asked }),
    choose(place) {
      cells.forEach((cell, i) => {
        update(cell, { "aria-pressed": i === place });
      });
    },
    show(step, key, question, answer, name) {
      setText(asked, say("asked: {name}", { name }));
      fill(keys, key);
      fill(query, question);
      fill(answers, answer);
      const best = Math.max(...answer);
      answers.forEach((cell, column) => {
        update(cell, { "data-largest": best > 0.005 && best - answer[column] < 0.005 });
      });
      cells.forEach((cell, i) => {
        const [row, column] = [Math.floor(i / places.length), i % places.length];
        showCell(cell, step, row, column, places[column]);
      });
    },
  };
}

function fill(cells, numbers) {
  cells.forEach((cell, i) => {
    setText(cell, numbers === null ? "" : digits(numbers[i]));
  });
}

function layout({ places, cells, keys, query, answers, asked }) {
  const wide = places.length;
  const rows = keys.map((key, row) =>
    html(
      "tr",
      {},
      html("th", { scope: "row" }, `${row}`),
      key,
      ...cells.slice(row * wide, (row + 1) * wide).map((cell) => html("td", {}, cell)),
      query[row],
    ),
  );
  const heads = [
    html("th", { scope: "col" }, say("row")),
    html("th", { scope: "col", class: "key" }, say("key")),
    ...places.map((place) => html("th", { scope: "col", class: "value" }, place)),
    asked,
  ];
  const answer = html("th", { scope: "row", colspan: 2 }, say("answer Sᵀq"));
  return html(
    "table",
    { class: "state-grid" },
    html("caption", {}, say("The state S: a row per channel of the key, a column per value.")),
    html("thead", {}, html("tr", {}, ...heads)),
    html("tbody", {}, ...rows),
    html("tfoot", {}, html("tr", {}, answer, ...answers, html("td", {}))),
  );
}

function showCell(cell, step, row, column, place) {
  const number = step.state[row][column];
  const change = number - step.before[row][column];
  setText(cell, digits(number));
  const label = say(
    Math.abs(change) < 0.005
      ? "row {row}, {place}: {number}, as before"
      : "row {row}, {place}: {number}, changed by {change}",
    { row, place, number: digits(number), change: digits(change) },
  );
  update(cell, {
    "aria-label": label,
    "data-changed": Math.abs(change) >= 0.005,
    style: `--full: ${Math.min(1, Math.abs(number)).toFixed(2)}`,
    "data-sign": number < -0.005 ? "minus" : "plus",
  });
}

/** What an address may set. */
const shared = {
  cell: (value, model) => isPlace(value, model.get("key")[0].length * model.get("places").length),
};

export default { render, shared };
