// A widget's model: what a view tells it, and what it hears from it.

/** Sets traits, { trait: value }, and tells the kernel, if there is one. */
export function set(model, traits) {
  for (const [trait, value] of Object.entries(traits)) model.set(trait, value);
  model.save_changes();
}

/** Calls `show` whenever one of the traits changes. */
export function watch(model, traits, show) {
  for (const trait of traits) model.on(`change:${trait}`, show);
}
