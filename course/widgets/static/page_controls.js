// The ipywidgets controls the course uses, as native HTML with a label and a read-out.

export const make = (tag, properties = {}, ...children) => {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
};

let controls = 0;
const nextId = () => `attn-control-${++controls}`;

/** Calls `show` now and whenever one of the keys changes. */
const follow = (model, keys, show) => {
  for (const key of keys) model.on(`change:${key}`, show);
  show();
};

const FORMAT = {
  d: (number) => String(Math.round(number)),
  f: (number, places) => number.toFixed(places),
  g: (number, places) => String(Number(number.toPrecision(places))),
};

function readOut(number, format = "") {
  const [, places, kind] = /^\.?(\d*)([dfg])$/.exec(format ?? "") ?? [null, "", "g"];
  return FORMAT[kind](number, Number(places || 4)).replace("-", "−");
}

/** A range input with its label and what it reads; `scale` says how its position becomes a value. */
function slider(model, { key, range, position, value, text }) {
  const id = nextId();
  const input = make("input", { type: "range", id, ...range, disabled: !!model.get("disabled") });
  const output = make("output", { htmlFor: id });
  const label = make("label", { htmlFor: id }, model.get("description") ?? "", output);
  const event = model.get("continuous_update") === false ? "change" : "input";
  input.addEventListener(event, () => model.set(key, value(Number(input.value))));
  follow(model, ["max", key], () => {
    // a link may move the end of the range
    if (range.max !== undefined && model.get("max") !== undefined) input.max = model.get("max");
    input.value = position(model.get(key));
    output.textContent = text(model.get(key));
    input.setAttribute("aria-valuetext", output.textContent);
  });
  return make("div", { className: "attn-control" }, label, input);
}

const numberSlider = (model) =>
  slider(model, {
    key: "value",
    range: { min: model.get("min"), max: model.get("max"), step: model.get("step") },
    position: (value) => value,
    value: (position) => position,
    text: (value) => readOut(value, model.get("readout_format")),
  });

const logSlider = (model) =>
  slider(model, {
    key: "value",
    range: { min: model.get("min"), max: model.get("max"), step: model.get("step") },
    position: (value) => Math.log(value) / Math.log(model.get("base")),
    value: (position) => model.get("base") ** position,
    text: (value) => readOut(value, model.get("readout_format")),
  });

const selectionSlider = (model) =>
  slider(model, {
    key: "index",
    range: { min: 0, max: model.get("_options_labels").length - 1, step: 1 },
    position: (index) => index,
    value: (position) => position,
    text: (index) => model.get("_options_labels")[index],
  });

function checkbox(model) {
  const input = make("input", { type: "checkbox", disabled: !!model.get("disabled") });
  input.addEventListener("change", () => model.set("value", input.checked));
  follow(model, ["value"], () => {
    input.checked = model.get("value");
  });
  const label = make("label", { className: "attn-check" }, input, model.get("description"));
  return make("div", { className: "attn-control attn-compact" }, label);
}

function dropdown(model) {
  const id = nextId();
  const select = make("select", { id, disabled: !!model.get("disabled") });
  select.addEventListener("change", () => model.set("index", select.selectedIndex));
  follow(model, ["_options_labels", "index"], () => {
    select.replaceChildren(...model.get("_options_labels").map((text) => make("option", {}, text)));
    select.selectedIndex = model.get("index") ?? -1;
  });
  const label = make("label", { htmlFor: id }, model.get("description"));
  return make("div", { className: "attn-control" }, label, select);
}

function toggleButtons(model) {
  const name = nextId();
  const choices = make("div", { className: "attn-choices" });
  follow(model, ["_options_labels"], () => {
    choices.replaceChildren(
      ...model.get("_options_labels").map((text, index) => {
        const input = make("input", { type: "radio", name, disabled: !!model.get("disabled") });
        input.addEventListener("change", () => model.set("index", index));
        return make("label", {}, input, text);
      }),
    );
  });
  follow(model, ["index"], () => {
    choices.querySelectorAll("input").forEach((input, index) => {
      input.checked = index === model.get("index");
    });
  });
  const legend = make("legend", {}, model.get("description"));
  return make("fieldset", { className: "attn-control attn-compact" }, legend, choices);
}

function textField(model) {
  const id = nextId();
  const input = make("input", { type: "text", id, placeholder: model.get("placeholder") ?? "" });
  const event = model.get("continuous_update") === false ? "change" : "input";
  input.addEventListener(event, () => model.set("value", input.value));
  follow(model, ["value"], () => {
    input.value = model.get("value");
  });
  const label = make("label", { htmlFor: id }, model.get("description"));
  return make("div", { className: "attn-control" }, label, input);
}

function plainText(model) {
  const paragraph = make("p", {});
  follow(model, ["value"], () => {
    paragraph.textContent = model.get("value");
  });
  return paragraph;
}

/** HTML the authors wrote, drawn once: nothing a reader types can reach it through a link. */
const authoredHtml = (model) => make("div", { innerHTML: model.get("value") });

const box = (className) => async (model, draw) => {
  const children = await Promise.all(model.get("children").map(draw));
  return make(
    "div",
    { className: [className, ...(model.get("_dom_classes") ?? [])].join(" ") },
    ...children,
  );
};

export const CONTROLS = {
  IntSliderModel: numberSlider,
  FloatSliderModel: numberSlider,
  FloatLogSliderModel: logSlider,
  SelectionSliderModel: selectionSlider,
  CheckboxModel: checkbox,
  DropdownModel: dropdown,
  ToggleButtonsModel: toggleButtons,
  TextModel: textField,
  LabelModel: plainText,
  HTMLModel: authoredHtml,
  HBoxModel: box("attn-row"),
  VBoxModel: box("attn-column"),
};
