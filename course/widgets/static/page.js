// Widgets on a page with no kernel: reads the saved widget state, draws the controls, follows the links
// and mounts the views. course.widgets.page joins it with its imports and PAGE_STYLE into one classic
// script, so that it works over file://.

import { html } from "./dom.js";
import { watch } from "./model.js";
import { followAddress, goToPlace, nameFor, share } from "./page_address.js";
import { CONTROLS, VALUES } from "./page_controls.js";
import { findModel, keep, link, readModels, STATE } from "./page_models.js";
import { shareButton } from "./page_share.js";
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
  const reference = JSON.parse(script.textContent).model_id;
  const name = nameFor(innerView(reference, find)?.get("called") ?? "widget");
  const element = await draw(reference);
  let live = script.closest(".attn-widget");
  if (!live) {
    live = html("div", { class: "attn-widget" });
    script.replaceWith(live);
    live.append(script);
  }
  live.id = `live-${name}`;
  live.append(element, shareButton(name));
  const picture = live.querySelector(".attn-picture");
  if (!live.querySelector(".attn[hidden]")) picture?.remove(); // else page.css hides it in time
  const entries = Object.fromEntries(drawn.flatMap(valuesOf));
  for (const model of drawn) model.restore();
  share(name, entries);
  live.dataset.live = "true";
}

/** The view inside a widget. */
function innerView(reference, find) {
  const model = find(reference);
  if (model.name === "AnyModel") return model;
  return (model.get("children") ?? []).map((child) => innerView(child, find)).find(Boolean);
}

/** What the address may set in a model, as [name, entry]: a control's value under the name of the trait it
    is linked to, and the traits of which a view itself can tell whether a value is one of theirs. */
function valuesOf(model) {
  const entry = (key, valid) => {
    const text = typeof model.get(key) === "string";
    const first = text ? model.get(key) : JSON.stringify(model.get(key));
    return { model, key, text, first, valid: (value) => valid(value, model) };
  };
  if (model.name === "AnyModel") {
    return Object.entries(model.shared ?? {}).map(([key, valid]) => [key, entry(key, valid)]);
  }
  if (!(model.name in VALUES) || model.get("disabled")) return [];
  const [key, valid] = VALUES[model.name];
  const named = model.joined.get(key) ?? model.get("description").replace(/\W+/g, "_");
  return [[named, entry(key, valid)]];
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

const models = new Map();
const find = (reference) => findModel(models, reference);
const read = new WeakSet();

/** The tags that the browser has read to their end, each once. */
function* reached(selector) {
  for (const tag of document.querySelectorAll(selector)) {
    if (read.has(tag) || !isWhole(tag)) continue;
    read.add(tag);
    yield tag;
  }
}

function isWhole(tag) {
  if (document.readyState !== "loading") return true;
  for (let one = tag; one; one = one.parentNode) if (one.nextSibling) return true;
  return false;
}

/** Draws what has come of the page, so that a live picture is the first that is seen. */
function draw() {
  for (const tag of reached(STATE)) {
    for (const model of readModels(tag, models)) {
      if (model.name === "LinkModel" || model.name === "DirectionalLinkModel") link(model, find);
    }
  }
  for (const script of reached(VIEW)) {
    requestAnimationFrame(() => script.closest(".attn-widget")?.setAttribute("data-asked", ""));
    mount(script, find).catch((error) => {
      script.closest(".attn-widget")?.setAttribute("data-failed", "");
      console.error(error);
    });
  }
}

document.head.append(html("style", {}, PAGE_STYLE));
document.documentElement.classList.add("attn-live");
const coming = new MutationObserver(draw);
coming.observe(document, { childList: true, subtree: true });
document.addEventListener("DOMContentLoaded", () => {
  coming.disconnect();
  draw();
  goToPlace();
});
draw();
followAddress(keep);
