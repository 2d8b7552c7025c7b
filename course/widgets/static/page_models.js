// Saved widget models: the part of anywidget's interface that a view needs, and the links between models.

import { addressNow } from "./page_address.js";

export const STATE = 'script[type="application/vnd.jupyter.widget-state+json"]';
const REFERENCE = "IPY_MODEL_";

/** Where this script lies, and the models' weights beside it. */
const FOLDER = new URL(".", document.currentScript?.src || document.baseURI);

/** What the reader has changed, { model: { trait: value } }: it stays with the page's entry in the
    browser's history, so that reload and back bring it again, and as far as it goes in its address. */
const before = history.state?.attn ?? {};
const kept = { ...before };
let keeping = null;

/** Keeps a value, if one is given, and writes down what stands once the reader rests: browsers refuse
    more than a few of these a second. */
export function keep(id = null, key = null, value = null) {
  if (id !== null) kept[id] = { ...kept[id], [key]: value };
  clearTimeout(keeping);
  keeping = setTimeout(() => {
    history.replaceState({ ...history.state, attn: kept }, "", addressNow());
  }, 200);
}

class Model {
  constructor(id, name, state) {
    this.id = id;
    this.name = name;
    this.state = state;
    this.listeners = new Map();
    this.joined = new Map(); // of what is linked to a view, the names there
  }

  get(key) {
    return this.state[key];
  }

  set(key, value) {
    if (typeof key === "object") {
      for (const [name, one] of Object.entries(key)) this.set(name, one);
      return;
    }
    if (Object.is(this.state[key], value)) return;
    this.state[key] = value;
    keep(this.id, key, value);
    this.emit(`change:${key}`, this, value);
    this.emit("change", this);
  }

  /** Sets what the reader had changed before, once the views that hear of it stand. */
  restore() {
    this.set(before[this.id] ?? {});
  }

  on(events, callback) {
    for (const event of events.split(" ")) {
      if (!this.listeners.has(event)) this.listeners.set(event, new Set());
      this.listeners.get(event).add(callback);
    }
  }

  off(events = null, callback = null) {
    if (events === null) return this.listeners.clear();
    for (const event of events.split(" ")) {
      if (callback === null) this.listeners.delete(event);
      else this.listeners.get(event)?.delete(callback);
    }
  }

  emit(event, ...values) {
    for (const callback of [...(this.listeners.get(event) ?? [])]) callback(...values);
  }

  save_changes() {} // there is no kernel to save to

  async send(message) {
    // the page answers what a kernel would
    if (message.kind !== "asset") throw new Error(`no kernel answers a ${message.kind} message`);
    const { bytes, error } = await asset(message).catch(({ message: error }) => ({ error }));
    this.emit("msg:custom", { ...message, error }, bytes ? [bytes] : []);
  }
}

/** A large file, such as a model's weights: NAME.js beside this script sets attnAssets[NAME]. Its
    version, a hash, is part of the address, so that no cache gives an older one.
    `again` takes no copy that was kept. */
const asset = async ({ name, again }) => {
  globalThis.attnAssets ??= {};
  if (again) delete attnAssets[name];
  const version = `?v=${PAGE_VERSIONS[name]}${again ? `&again=${Date.now()}` : ""}`;
  if (!(name in attnAssets)) await loadScript(`${name}.js${version}`);
  if (!(name in attnAssets)) throw new Error(`${name}.js holds no ${name}`);
  return { bytes: fromBase64(attnAssets[name]) };
};

const loadScript = (address) =>
  new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = new URL(address, FOLDER);
    script.onload = resolve;
    script.onerror = () => reject(new Error(`${address} could not be loaded`));
    document.head.append(script);
  });

const fromBase64 = (text) =>
  new DataView(Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)).buffer);

/** The models in one tag of saved state, which join those known. */
export function readModels(tag, models) {
  const fresh = Object.entries(JSON.parse(tag.textContent).state).map(([id, saved]) => {
    for (const { path, data } of saved.buffers ?? []) put(saved.state, path, fromBase64(data));
    return new Model(id, saved.model_name, saved.state);
  });
  for (const model of fresh) models.set(model.id, model);
  for (const { state } of fresh) follow(state, models);
  return fresh;
}

/** A value that a model further up has as well is written once per page: here it comes back. */
function follow(state, models) {
  for (const [key, value] of Object.entries(state)) {
    if (value?.sameAs) state[key] = models.get(value.sameAs).state[key];
  }
}

/** The model named by an id or by a reference such as "IPY_MODEL_id". */
export function findModel(models, reference) {
  const id = reference.replace(REFERENCE, "");
  if (!models.has(id)) throw new Error(`the page holds no state for widget ${id}`);
  return models.get(id);
}

function put(state, path, value) {
  const place = path.slice(0, -1).reduce((inner, key) => inner[key], state);
  place[path.at(-1)] = value;
}

export function link(model, find) {
  const [from, source] = end(model.get("source"), find);
  const [to, target] = end(model.get("target"), find);
  const forward = () => to.set(target, from.get(source));
  from.on(`change:${source}`, forward);
  forward();
  if (to.name === "AnyModel") from.joined.set(source, target);
  if (from.name === "AnyModel") to.joined.set(target, source);
  if (model.name === "LinkModel") {
    to.on(`change:${target}`, () => from.set(source, to.get(target)));
  }
}

const end = ([reference, key], find) => [find(reference), key];
