// The ipywidgets controls the course uses, as native HTML with a label and a read-out.

import { html, setText, update } from "./dom.js";
import { watch } from "./model.js";
import { say } from "./say.js";

let controls = 0;
const nextId = () => `attn-control-${++controls}`;

/** Calls `show` now and whenever one of the keys changes. */
const follow = (model, keys, show) => {
  watch(model, keys, show);
  show();
};

const FORMAT = {
  d: (number) => String(Math.round(number)),
  f: (number, places) => number.toFixed(places),
  g: (number, places) => String(Number(number.toPrecision(places))),
};

function readOut(number, format = "") {
  const [, places, kind] = /^\.?(\d*)([dfg])$/.exec(format ?? "") ?? [null, "", "g"];
  return FORMAT[kind](number, Number(places || 4))
    .replace("-", "−")
    .replace(".", say("."));
}

/** An input or a select, live or not as its model says. */
function field(model, tag, attributes) {
  const made = html(tag, attributes);
  made.disabled = !!model.get("disabled");
  return made;
}

const labelled = (model, id, ...children) =>
  html("label", { for: id }, model.get("description") ?? "", ...children);

/** Whether a control tells its value while it changes, or when it has. */
const eventOf = (model) => (model.get("continuous_update") === false ? "change" : "input");

/** A range input with its label and what it reads: `position` is where a value stands on it. */
function slider(model, { key, range, position, value, text }) {
  const id = nextId();
  const input = field(model, "input", { type: "range", id, ...range });
  const output = html("output", { for: id, "aria-hidden": "true" }); // the slider says it
  input.addEventListener(eventOf(model), () => model.set(key, value(Number(input.value))));
  follow(model, ["max", key], () => {
    if (model.get("max") !== undefined) input.max = model.get("max"); // a link may move the end
    input.value = position(model.get(key));
    setText(output, text(model.get(key)));
    update(input, { "aria-valuetext": output.textContent });
  });
  return html("div", { class: "attn-control" }, labelled(model, id, output), input);
}

const itself = (value) => value;

const ofNumbers = (model) => ({
  key: "value",
  range: { min: model.get("min"), max: model.get("max"), step: model.get("step") },
  position: itself,
  value: itself,
  text: (value) => readOut(value, model.get("readout_format")),
});

const numberSlider = (model) => slider(model, ofNumbers(model));

const logSlider = (model) =>
  slider(model, {
    ...ofNumbers(model),
    position: (value) => Math.log(value) / Math.log(model.get("base")),
    value: (position) => model.get("base") ** position,
  });

const selectionSlider = (model) =>
  slider(model, {
    key: "index",
    range: { min: 0, max: model.get("_options_labels").length - 1, step: 1 },
    position: itself,
    value: itself,
    text: (index) => model.get("_options_labels")[index],
  });

function checkbox(model) {
  const input = field(model, "input", { type: "checkbox" });
  input.addEventListener("change", () => model.set("value", input.checked));
  follow(model, ["value"], () => {
    input.checked = model.get("value");
  });
  const label = html("label", { class: "attn-check" }, input, model.get("description"));
  return html("div", { class: "attn-control attn-compact" }, label);
}

function dropdown(model) {
  const id = nextId();
  const select = field(model, "select", { id });
  select.addEventListener("change", () => model.set("index", select.selectedIndex));
  follow(model, ["_options_labels", "index"], () => {
    select.replaceChildren(...model.get("_options_labels").map((text) => html("option", {}, text)));
    select.selectedIndex = model.get("index") ?? -1;
  });
  return html("div", { class: "attn-control" }, labelled(model, id), select);
}

function toggleButtons(model) {
  const name = nextId();
  const choices = html("div", { class: "attn-choices" });
  follow(model, ["_options_labels"], () => {
    choices.replaceChildren(
      ...model.get("_options_labels").map((text, index) => {
        const input = field(model, "input", { type: "radio", name });
        input.addEventListener("change", () => model.set("index", index));
        return html("label", {}, input, text);
      }),
    );
  });
  follow(model, ["index"], () => {
    choices.querySelectorAll("input").forEach((input, index) => {
      input.checked = index === model.get("index");
    });
  });
  const legend = html("legend", {}, model.get("description"));
  return html("fieldset", { class: "attn-control attn-compact" }, legend, choices);
}

function textField(model) {
  const id = nextId();
  const placeholder = model.get("placeholder") ?? "";
  const input = field(model, "input", { type: "text", id, placeholder });
  input.addEventListener(eventOf(model), () => model.set("value", input.value));
  follow(model, ["value"], () => {
    input.value = model.get("value");
  });
  return html("div", { class: "attn-control" }, labelled(model, id), input);
}

function plainText(model) {
  const paragraph = html("p");
  follow(model, ["value"], () => {
    setText(paragraph, model.get("value"));
  });
  return paragraph;
}

const box = (className) => async (model, draw) => {
  const children = await Promise.all(model.get("children").map(draw));
  const names = [className, ...(model.get("_dom_classes") ?? [])];
  return html("div", { class: names.join(" ") }, ...children);
};

/** Its parts, each folded under its title until the reader opens it. */
async function accordion(model, draw) {
  const parts = await Promise.all(model.get("children").map(draw));
  const folds = parts.map((part, i) =>
    html("details", { class: "attn-fold" }, html("summary", {}, model.get("titles")[i]), part),
  );
  return html("div", {}, ...folds);
}

const isNumber = (value, model) =>
  Number.isFinite(value) && value >= model.get("min") && value <= model.get("max");
const isStep = (value, model) => {
  const steps = (value - model.get("min")) / (model.get("step") || 1);
  return isNumber(value, model) && Math.abs(steps - Math.round(steps)) < 1e-6;
};
const isPower = (value, model) =>
  value > 0 && isNumber(Math.log(value) / Math.log(model.get("base")), model);
const isOption = (value, model) =>
  Number.isInteger(value) && value >= 0 && value < model.get("_options_labels").length;
const isText = (value) => typeof value === "string" && value.length <= 1000;
const isSwitch = (value) => typeof value === "boolean";

/** Where each control has its value, and what it can be set to. */
export const VALUES = {
  IntSliderModel: ["value", isStep],
  FloatSliderModel: ["value", isStep],
  FloatLogSliderModel: ["value", isPower],
  SelectionSliderModel: ["index", isOption],
  CheckboxModel: ["value", isSwitch],
  DropdownModel: ["index", isOption],
  ToggleButtonsModel: ["index", isOption],
  TextModel: ["value", isText],
};

export const CONTROLS = {
  AccordionModel: accordion,
  IntSliderModel: numberSlider,
  FloatSliderModel: numberSlider,
  FloatLogSliderModel: logSlider,
  SelectionSliderModel: selectionSlider,
  CheckboxModel: checkbox,
  DropdownModel: dropdown,
  ToggleButtonsModel: toggleButtons,
  TextModel: textField,
  LabelModel: plainText,
  HBoxModel: box("attn-row"),
  VBoxModel: box("attn-column"),
};
