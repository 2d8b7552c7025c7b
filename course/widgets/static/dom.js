// Elements without ceremony: html("p", { class: "note" }, "text") and svg("circle", { r: 3 }).
// Children are elements or text; text is only ever text.

export function html(tag, attributes = {}, ...children) {
  return build(document.createElement(tag), attributes, children);
}

export function svg(tag, attributes = {}, ...children) {
  return build(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);
}

export function update(element, attributes) {
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}

function build(element, attributes, children) {
  update(element, attributes).append(...children);
  return element;
}

/** A number with a true minus sign and always the same digits, so that columns stand still. */
export function digits(number, places = 2) {
  const text = number.toFixed(places);
  return (Number(text) === 0 ? text.replace("-", "") : text).replace("-", "−");
}
