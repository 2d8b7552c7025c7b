// What a reader has set in each widget, in the page's address: a link to it brings the same picture.
//
//   page.html#live-translate&translate.text=the+cat&translate.layer=0
//
// First the place on the page, then a value for each control that stands otherwise than at first. What is
// read from an address is data of a stranger's: a value counts only if its control could have been set to
// it, all else is passed over.

const LONGEST = 20_000; // characters of an address that are read

const widgets = new Map(); // by name, each { entry: { model, key, text, valid, first } }

/** A name for a widget that no other on the page has: translate, translate-2, … */
export function nameFor(called) {
  let name = called;
  for (let i = 2; widgets.has(name); i++) name = `${called}-${i}`;
  widgets.set(name, {});
  return name;
}

/** Takes a widget's values into the address, and from it what it says of them. */
export function share(name, entries) {
  widgets.set(name, entries);
  settle(entries, name, said());
}

/** The address of the page as it stands; of one widget alone, with its place, if it is named. */
export function addressNow(only = null) {
  const told = only === null ? awaited() : new URLSearchParams();
  for (const [name, entries] of widgets) {
    if (only !== null && only !== name) continue;
    for (const [entry, { model, key, text, first }] of Object.entries(entries)) {
      const value = written(model.get(key), text);
      if (value !== first) told.set(`${name}.${entry}`, value);
    }
  }
  const place = only === null ? placeOf(location.hash) : `live-${only}`;
  const hash = [place, told.toString()].filter((part) => part !== "").join("&");
  return location.pathname + location.search + (hash === "" ? "" : `#${hash}`);
}

/** What the address says of widgets that are still to come, as those are that wait for a model. */
function awaited() {
  const told = said();
  for (const key of [...told.keys()]) {
    const entries = widgets.get(key.split(".")[0]) ?? {};
    if (Object.keys(entries).length > 0) told.delete(key);
  }
  return told;
}

const written = (value, text) => (text ? value : JSON.stringify(value));

/** The place on the page that a fragment names, before anything is set. */
function placeOf(hash) {
  const [first] = hash.slice(1).split("&");
  return first.includes("=") ? "" : first;
}

function said() {
  const { hash } = location;
  return new URLSearchParams(hash.length > LONGEST ? "" : hash.slice(1 + placeOf(hash).length));
}

/** Sets what the address says of a widget, and what it does not say to what stood there first. */
function settle(entries, name, told, others = () => {}) {
  for (const [entry, { model, key, text, valid, first }] of Object.entries(entries)) {
    const value = read(told.get(`${name}.${entry}`), text);
    if (value === undefined) others(model, key, text ? first : JSON.parse(first));
    else if (valid(value)) put(model, key, value);
    else if (value > model.get("max")) later(model, key, value, valid);
  }
}

/** Sets what differs: a list that is set anew, though to the same, has a model compute it anew. */
function put(model, key, value) {
  if (JSON.stringify(model.get(key)) !== JSON.stringify(value)) model.set(key, value);
}

function read(value, text) {
  if (value === null || text) return value ?? undefined;
  try {
    return JSON.parse(value);
  } catch {
    return undefined;
  }
}

/** Sets a slider once its end has moved far enough and what moved it is done, unless the reader has
    moved it first. */
function later(model, key, value, valid) {
  const given = model.get(key);
  const retry = () => {
    const moved = model.get(key) !== given;
    if (!moved && !valid(value)) return;
    model.off("change:max", retry);
    if (!moved) queueMicrotask(() => model.set(key, value));
  };
  model.on("change:max", retry);
}

/** Goes to the place that the address names, where it also sets something: the browser knows no such
    place. On reload and back the browser goes where the reader was. */
export function goToPlace() {
  const place = placeOf(location.hash);
  const [visit] = performance.getEntriesByType("navigation");
  if (place === "" || !location.hash.includes("&") || visit?.type !== "navigate") return;
  document.getElementById(decoded(place))?.scrollIntoView();
}

function decoded(place) {
  try {
    return decodeURIComponent(place);
  } catch {
    return place;
  }
}

/** Follows an address that changes while the page stands: back, forward, or another link. One that sets
    nothing changes nothing, and is told what stands. */
export function followAddress(keep) {
  window.addEventListener("hashchange", () => {
    const told = said();
    const names = [...widgets.keys()];
    if ([...told.keys()].some((one) => names.includes(one.split(".")[0]))) {
      for (const [name, entries] of widgets) {
        settle(entries, name, told, put);
      }
      if (history.state === null) goToPlace();
    }
    keep();
  });
}
