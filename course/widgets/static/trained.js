// A trained network in the page: its weights arrive after the view stands.

import { asset } from "./asset.js";
import { readSafetensors } from "./safetensors.js";

/** Builds the network of a view from its weights, hands it to `ready`, and marks the view `el` so. */
export async function trained({ model, el }, build, ready) {
  const bytes = await asset(model, model.get("weights"));
  ready(build(readSafetensors(bytes), model.get("shape")));
  el.dataset.ready = "true";
}
