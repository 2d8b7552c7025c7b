// The tour: one sentence through the whole translator, from the map of it to every number.

import { isPlace } from "./checks.js";
import { set, watch } from "./model.js";
import { say } from "./say.js";
import { NAMES } from "./tour_lines.js";
import { partsOf } from "./tour_parts.js";
import { STEPS } from "./tour_steps.js";
import { traced } from "./tour_trace.js";
import { trained } from "./trained.js";
import { transformer, translate } from "./transformer.js";

const PACE = 7000; // ms a step, when it goes by itself
/** The model, and how it writes each sentence, with every number on the way. */
export function guide(tensors, shape) {
  const network = transformer(tensors, shape);
  const kept = new Map();
  return (source, { bos, eos }) => {
    const name = source.join(" ");
    if (!kept.has(name)) {
      const words = translate(network, source, { bos, eos }).map(({ word }) => word);
      const target = [bos, ...words.filter((word) => word !== eos)];
      kept.set(name, { source, target, trace: traced(tensors, shape, source, target), tensors });
    }
    return kept.get(name);
  };
}

async function render({ model, el }) {
  const state = { guide: null, clock: null };
  const go = (step) => {
    set(model, { step: Math.min(STEPS.length, Math.max(1, step)) });
  };
  const stop = () => {
    clearInterval(state.clock);
    state.clock = null;
    show();
  };
  const parts = partsOf({
    go: (step) => {
      stop();
      go(step);
    },
    play: () => {
      if (state.clock !== null) return stop();
      state.clock = setInterval(() => {
        if (model.get("step") >= STEPS.length) return stop();
        go(model.get("step") + 1);
      }, PACE);
      show();
    },
    choose: (traits) => set(model, traits),
  });
  parts.element.hidden = true; // the still picture stands until the model is there
  el.append(parts.element);
  const show = () => {
    if (state.guide !== null) parts.show(shown(model, state));
  };
  watch(
    model,
    ["sentence", "step", "word", "key", "head", "place", "past", "number", "line"],
    show,
  );
  await trained({ model, el }, guide, (found) => {
    state.guide = found;
    show();
    parts.element.hidden = false;
  });
}

/** All that is to be seen now. */
function shown(model, { guide: follow, clock }) {
  const english = model.get("sentences")[model.get("sentence")];
  const specials = model.get("specials");
  const seen = follow(
    english.map((word) => model.get("source_words").indexOf(word)),
    specials,
  );
  const name = (word) => (word === specials.eos ? say("end") : model.get("target_words")[word]);
  const french = seen.target.map((word) => (word === specials.bos ? say("start") : name(word)));
  const least = (key, count) => Math.min(model.get(key), count - 1);
  const place = least("place", french.length);
  return {
    ...seen,
    ...{ english, french, name, place, playing: clock !== null },
    step: model.get("step"),
    written: french.slice(1),
    heads: model.get("shape").heads,
    head: model.get("head"),
    word: least("word", english.length),
    key: least("key", english.length),
    past: least("past", place + 1),
    number: model.get("number"),
    line: model.get("line"),
    list: model.get("source_words"),
  };
}

/** What an address may set. */
const shared = {
  word: (value) => isPlace(value, 50),
  key: (value) => isPlace(value, 50),
  place: (value) => isPlace(value, 100),
  past: (value) => isPlace(value, 100),
  number: (value) => isPlace(value, 1000),
  line: (value) => Object.hasOwn(NAMES, value),
  head: (value, model) => isPlace(value, model.get("shape").heads),
};

export default { render, shared };
