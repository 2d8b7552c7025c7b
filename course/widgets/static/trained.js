// A trained network in the page: its weights arrive after the view stands.

import { asset } from "./asset.js";
import { readSafetensors } from "./safetensors.js";

/** Builds the network of a view from its weights and hands it to `ready`; the view's `el` says in
    data-ready whether that is done. */
export async function trained({ model, el }, build, ready) {
  el.dataset.ready = "false";
  const bytes = await asset(model, model.get("weights"));
  ready(build(readSafetensors(bytes), model.get("shape")));
  el.dataset.ready = "true";
}
