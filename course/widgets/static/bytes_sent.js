// How many bytes each process sends in one layer: a ring, a ring under a window, heads shared out.

import { columnNames, path, rowLines } from "./axes.js";
import { html, setText, spoken, svg, update } from "./dom.js";
import { watch } from "./model.js";
import { say } from "./say.js";

/** Bytes that one process sends in the forward pass of one layer, by way. In a ring keys and values
    of T/P tokens are passed on P − 1 times, under a window as often as somebody still sees them.
    Heads are shared out by two exchanges: all but 1/P of its queries, keys, values, and outputs.
    That needs a key head for each process: else null. */
export function sent(processes, tokens, keyHeads, { heads, size, bytes, window }) {
  const share = tokens / processes;
  const keys = 2 * share * keyHeads * size * bytes;
  const leaps = Math.min(processes - 1, Math.ceil((window - 1) / share));
  const exchanged = share * (2 * heads + 2 * keyHeads) * size * bytes;
  return {
    ring: (processes - 1) * keys,
    window: leaps * keys,
    heads: keyHeads % processes === 0 ? ((processes - 1) / processes) * exchanged : null,
  };
}

/** Bytes in words, three digits of them. */
export function readable(bytes) {
  const power = Math.min(4, Math.floor(Math.log10(Math.max(1, bytes)) / 3));
  const scaled = bytes / 1000 ** power;
  const number = scaled.toLocaleString(say("en"), { maximumSignificantDigits: 3 });
  return [
    say("{number} bytes", { number }),
    say("{number} KB", { number }),
    say("{number} MB", { number }),
    say("{number} GB", { number }),
    say("{number} TB", { number }),
  ][power];
}

/** What the picture shows, in words. */
export function describe(processes, tokens, keyHeads, constants) {
  const found = sent(processes, tokens, keyHeads, constants);
  return say(
    "{processes} processes, {tokens} tokens: each sends {ring} in a ring, {windowed} under a window of {window}; {heads}.",
    {
      processes,
      tokens: tokens.toLocaleString(say("en")),
      ring: readable(found.ring),
      windowed: readable(found.window),
      window: constants.window.toLocaleString(say("en")),
      heads: sharedOut(found.heads, keyHeads, processes),
    },
  );
}

function sharedOut(bytes, heads, processes) {
  if (bytes !== null) return say("{size} with heads shared out", { size: readable(bytes) });
  return say(
    heads === 1
      ? "1 key head does not divide among {processes}"
      : "{heads} key heads do not divide among {processes}",
    { heads, processes },
  );
}

const BOX = { left: 58, right: 350, top: 26, bottom: 210 };
const [LEAST, MOST] = [6, 11]; // powers of 10
const COUNTS = [2, 4, 8, 16, 32, 64];
const across = (processes) => BOX.left + ((Math.log2(processes) - 1) / 5) * (BOX.right - BOX.left);
const up = (bytes) => {
  const power = Math.min(MOST, Math.max(LEAST, Math.log10(Math.max(1, bytes))));
  return BOX.bottom - ((power - LEAST) / (MOST - LEAST)) * (BOX.bottom - BOX.top);
};
const WAYS = { ring: say("ring"), window: say("ring, window"), heads: say("heads") };

function render({ model, el }) {
  const chart = curves();
  const sentence = spoken("attn-says");
  const names = Object.entries(WAYS).map(([way, name]) => html("span", { class: way }, name));
  const legend = html("p", { class: "bytes-legend" }, ...names);
  el.append(html("div", { class: "attn bytes" }, chart.element, legend, sentence));
  const show = () => {
    const options = model.get("options");
    const [processes, tokens, keyHeads] = ["processes", "tokens", "key_heads"].map(
      (name) => options[name][model.get(name)],
    );
    const constants = model.get("constants");
    chart.show(processes, tokens, keyHeads, constants);
    setText(sentence, describe(processes, tokens, keyHeads, constants));
  };
  watch(model, ["processes", "tokens", "key_heads"], show);
  show();
}

/** A curve for each way over the number of processes, and a point at the chosen number. */
function curves() {
  const drawn = Object.keys(WAYS).map((way) => ({
    way,
    curve: svg("path", { class: `curve ${way}` }),
    mark: svg("circle", { class: way, r: 5 }),
  }));
  const powers = Array.from({ length: MOST - LEAST + 1 }, (_, i) => 10 ** (LEAST + i));
  const says = say("Bytes that a process sends, by the number of processes");
  const element = svg(
    "svg",
    { viewBox: "0 0 370 256", role: "img", "aria-label": says },
    svg("text", { class: "quiet", x: 4, y: 14 }, say("sent by each process, per layer")),
    ...rowLines(
      BOX,
      powers.map((bytes) => [up(bytes), readable(bytes)]),
    ),
    ...columnNames(
      BOX,
      COUNTS.map((count) => [across(count), `${count}`]),
      say("processes"),
    ),
    ...drawn.flatMap(({ curve, mark }) => [curve, mark]),
  );
  return {
    element,
    show(processes, tokens, keyHeads, constants) {
      const all = COUNTS.map((count) => sent(count, tokens, keyHeads, constants));
      for (const { way, curve, mark } of drawn) {
        const known = COUNTS.flatMap((count, i) =>
          all[i][way] === null ? [] : [[across(count), up(all[i][way])]],
        );
        update(curve, { d: known.length ? path(known) : "" });
        const here = sent(processes, tokens, keyHeads, constants)[way];
        const place = { cx: across(processes), cy: here === null ? 0 : up(here) };
        update(mark, { ...place, visibility: here === null ? "hidden" : "visible" });
      }
    },
  };
}

export default { render };
