// Elements without ceremony: html("p", { class: "note" }, "text") and svg("circle", { r: 3 }).
// Children are elements or text; text is only ever text.

import { say } from "./say.js";

export function html(tag, attributes = {}, ...children) {
  return build(document.createElement(tag), attributes, children);
}

export function svg(tag, attributes = {}, ...children) {
  return build(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);
}

/** A button with this text; `press` hears when it is pressed. */
export function button(text, press) {
  const made = html("button", { type: "button" }, text);
  made.addEventListener("click", press);
  return made;
}

/** A sentence that says how things stand: announced when it changes, and read where it stands, as
    what has the role "status" is not by every screen reader. */
export function spoken(name = "") {
  return html("p", { class: name, "aria-live": "polite", "aria-atomic": "true" });
}

/** Sets what differs: an attribute that is set anew, though to the same, has its style found anew. */
export function update(element, attributes) {
  for (const [name, value] of Object.entries(attributes)) {
    if (element.getAttribute(name) !== `${value}`) element.setAttribute(name, value);
  }
  return element;
}

/** Gives an element this text. The text that stands there is changed: `textContent` would put a new one
    in its place, and laying that out takes twice the time. */
export function setText(element, text) {
  const old = element.firstChild;
  if (old?.nodeType !== Node.TEXT_NODE || old !== element.lastChild) element.textContent = text;
  else if (old.data !== text) old.data = text;
}

/** Gives a picture these children, by changing those of the same kind where they stand: built anew
    at every step of a slider it would stutter. What listens, and what has the focus, stays. */
export function redraw(element, ...children) {
  const old = [...element.childNodes];
  children.forEach((child, i) => {
    const fresh = typeof child === "string" ? new Text(child) : child;
    if (i >= old.length) element.append(fresh);
    else if (old[i].nodeName !== fresh.nodeName) old[i].replaceWith(fresh);
    else if (fresh.nodeType === Node.ELEMENT_NODE) liken(old[i], fresh);
    else if (old[i].data !== fresh.data) old[i].data = fresh.data;
  });
  for (const gone of old.slice(children.length)) gone.remove();
}

function liken(element, fresh) {
  for (const name of element.getAttributeNames()) {
    if (!fresh.hasAttribute(name)) element.removeAttribute(name);
  }
  for (const name of fresh.getAttributeNames()) {
    update(element, { [name]: fresh.getAttribute(name) });
  }
  redraw(element, ...fresh.childNodes);
}

function build(element, attributes, children) {
  update(element, attributes).append(...children);
  return element;
}

/** A number with a true minus sign and always the same digits, so that columns stand still. Its point is
    the language's own: say(".") is a comma in French. */
export function digits(number, places = 2) {
  const text = number.toFixed(places);
  const zero = Number(text) === 0;
  return text.replace("-", zero ? "" : "−").replace(".", say("."));
}
