// A button under each widget that copies a link to it as it stands.

import { html, setText } from "./dom.js";
import { addressNow } from "./page_address.js";
import { say } from "./say.js";

const REST = 2000; // ms until the button says again what it does

export function shareButton(name) {
  const button = html("button", { type: "button" }, say("Copy link"));
  const said = html("span", { "aria-live": "polite" });
  const field = html("input", {
    type: "url",
    readonly: "",
    "aria-label": say("Link to this picture"),
  });
  field.hidden = true;
  button.addEventListener("click", async () => {
    const link = new URL(addressNow(name), location.href).href;
    field.value = link;
    const copied = await copy(link);
    field.hidden = copied;
    setText(said, say(copied ? "Copied" : "Selected: copy it"));
    if (!copied) field.select();
    setTimeout(() => {
      setText(said, "");
    }, REST);
  });
  return html("div", { class: "attn-share" }, field, said, button);
}

/** Whether the browser has let the link be copied. */
async function copy(link) {
  try {
    await navigator.clipboard.writeText(link);
    return true;
  } catch {
    return false;
  }
}
