// Widgets on a page with no kernel: reads the saved widget state, draws the controls, follows the links
// and mounts the views. course.widgets.page joins it with its imports and PAGE_STYLE into one classic
// script, so that it works over file://.

import { html } from "./dom.js";
import { watch } from "./model.js";
import { CONTROLS } from "./page_controls.js";
import { findModel, link, readModels } from "./page_models.js";
import { anywidget } from "./page_views.js";

const VIEW = 'script[type="application/vnd.jupyter.widget-view+json"]';

const DRAW = { ...CONTROLS, AnyModel: anywidget };

async function mount(script, find) {
  const drawn = [];
  const draw = async (reference) => {
    const model = find(reference);
    drawn.push(model);
    if (!(model.name in DRAW)) throw new Error(`page.js draws no ${model.name}`);
    return placed(model, find, await DRAW[model.name](model, draw));
  };
  const element = await draw(JSON.parse(script.textContent).model_id);
  let live = script.closest(".attn-widget");
  if (!live) {
    live = html("div", { class: "attn-widget" });
    script.replaceWith(live);
    live.append(script);
  }
  live.append(element);
  const picture = live.querySelector(".attn-picture");
  if (!live.querySelector(".attn[hidden]")) picture?.remove(); // else page.css hides it in time
  for (const model of drawn) model.restore();
  live.dataset.live = "true";
}

/** The element, shown or not as the model's layout says, which a link may change. */
function placed(model, find, element) {
  const layout = model.get("layout") && find(model.get("layout"));
  if (!layout) return element;
  const show = () => {
    element.style.display = layout.get("display") ?? "";
  };
  watch(layout, ["display"], show);
  show();
  return element;
}

async function start() {
  const models = readModels();
  const find = (reference) => findModel(models, reference);
  document.head.append(html("style", {}, PAGE_STYLE));
  for (const model of models.values()) {
    if (model.name === "LinkModel" || model.name === "DirectionalLinkModel") link(model, find);
  }
  for (const script of document.querySelectorAll(VIEW)) {
    mount(script, find).catch((error) => console.error(error));
  }
}

if (document.readyState === "loading")
  document.addEventListener("readystatechange", start, { once: true });
else start();
