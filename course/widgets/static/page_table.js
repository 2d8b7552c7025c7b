// Pages of keys and values: a pool, a table per sequence, copies only when a shared page is written.

import { digits, html, setText, spoken, svg, update } from "./dom.js";
import { watch } from "./model.js";
import { say } from "./say.js";

/** The pool after each event, first of all after none. A page has its users and, per token, who
    wrote it; what does not fit is refused, and changes nothing. */
export function walk(events, room, size) {
  const states = [
    { pages: emptyPages(room, size), tables: {}, lengths: {}, waits: false, copied: null },
  ];
  for (const event of events) states.push(after(states[states.length - 1], event, size));
  return states;
}

const emptyPages = (room, size) =>
  Array.from({ length: room / size }, () => ({ users: [], slots: Array(size).fill("") }));

function after(before, [who, does, count], size) {
  const state = structuredClone({ ...before, waits: false, copied: null });
  if (does === "ends") return released(state, who);
  if (does.startsWith("forks")) return forked(state, who, does.split(" ")[1]);
  const grown = appended(state, who, count, size);
  return grown ?? { ...structuredClone(before), waits: true, copied: null };
}

function released(state, who) {
  for (const page of state.tables[who]) leave(state, page, who);
  delete state.tables[who];
  delete state.lengths[who];
  return state;
}

function leave(state, page, who) {
  const { users, slots } = state.pages[page];
  users.splice(users.indexOf(who), 1);
  if (users.length === 0) slots.fill("");
}

function forked(state, who, other) {
  state.tables[who] = [...state.tables[other]];
  state.lengths[who] = state.lengths[other];
  for (const page of state.tables[who]) state.pages[page].users.push(who);
  return state;
}

/** The state with so many tokens more in a sequence; null when there are too few free pages. */
function appended(state, who, count, size) {
  state.tables[who] ??= [];
  state.lengths[who] ??= 0;
  for (let n = 0; n < count; n += 1) {
    const [place, slot] = [Math.floor(state.lengths[who] / size), state.lengths[who] % size];
    const shared = slot > 0 && state.pages[state.tables[who][place]].users.length > 1;
    if (slot === 0 || shared) {
      const free = state.pages.findIndex(({ users }) => users.length === 0);
      if (free < 0) return null;
      if (shared) copyPage(state, who, place, free);
      else state.tables[who].push(free);
      state.pages[free].users = [who];
    }
    state.pages[state.tables[who][place]].slots[slot] = who;
    state.lengths[who] += 1;
  }
  return state;
}

function copyPage(state, who, place, free) {
  const old = state.tables[who][place];
  const filled = state.lengths[who] % state.pages[old].slots.length;
  state.pages[free].slots = state.pages[old].slots.map((slot, i) => (i < filled ? slot : ""));
  state.tables[who][place] = free;
  leave(state, old, who);
  state.copied = [old, free];
}

/** Tokens that the sequences have, that lie in the pool, and that its used pages have room for. */
export function counted({ pages, lengths }) {
  const used = pages.filter(({ users }) => users.length > 0);
  return {
    tokens: Object.values(lengths).reduce((sum, length) => sum + length, 0),
    stored: used.reduce((sum, { slots }) => sum + slots.filter((slot) => slot !== "").length, 0),
    room: used.reduce((sum, { slots }) => sum + slots.length, 0),
    free: pages.length - used.length,
  };
}

/** What the picture shows, in words. */
export function describe(states, step, events, reserved, room) {
  const state = states[step];
  const { tokens, stored, room: taken, free } = counted(state);
  if (step === 0) {
    return say(
      free === 1
        ? "1 page of {size} tokens, all free."
        : "{free} pages of {size} tokens, all free.",
      { free, size: state.pages[0].slots.length },
    );
  }
  const all = Object.keys(state.tables).length;
  const now = say(
    tokens > stored
      ? "{sequences} with {tokens}, of which {stored} are stored: the others are shared; {empty} places reserved and empty, {pages}."
      : "{sequences} with {tokens}; {empty} places reserved and empty, {pages}.",
    {
      sequences: say(all === 1 ? "1 sequence" : "{count} sequences", { count: all }),
      tokens: say(tokens === 1 ? "1 token" : "{count} tokens", { count: tokens }),
      stored,
      empty: taken - stored,
      pages: say(free === 1 ? "1 page free" : "{count} pages free", { count: free }),
    },
  );
  const inOnePiece = say(
    "Reserving {reserved} in one piece each, this memory would hold {count} sequences.",
    { reserved, count: Math.floor(room / reserved) },
  );
  return `${told(events[step - 1], state)} ${now} ${inOnePiece}`;
}

function told(event, { waits, copied }) {
  const happened = happening(event);
  if (waits) return say("{happened}: not enough free pages, it has to wait.", { happened });
  if (copied !== null) {
    const [page, copy] = copied;
    return say("{happened}: page {page} was shared, its copy is page {copy}.", {
      happened,
      page,
      copy,
    });
  }
  if (event[1].startsWith("forks")) return say("{happened}: nothing is copied.", { happened });
  return say("{happened}.", { happened });
}

/** An event in words: "A writes 1 token". */
function happening([who, does, count]) {
  if (does === "reads") {
    return say(count === 1 ? "{who} reads 1 token" : "{who} reads {count} tokens", { who, count });
  }
  if (does === "writes") {
    return say(count === 1 ? "{who} writes 1 token" : "{who} writes {count} tokens", {
      who,
      count,
    });
  }
  if (does === "ends") return say("{who} ends", { who });
  return say("{who} forks {other}", { who, other: does.split(" ")[1] });
}

const ACROSS = 8; // tokens in a row of the picture, whatever the size of a page
const SLOT = { width: 40, height: 30 };
const ROW = 54;

function render({ model, el }) {
  const [events, room, sizes] = ["events", "room", "sizes"].map((trait) => model.get(trait));
  const pool = poolPicture(room);
  const tables = sequenceTables([...new Set(events.map(([who]) => who))]);
  const sentence = spoken("attn-says");
  el.append(html("div", { class: "attn pages" }, pool.element, tables.element, sentence));
  const walks = sizes.map((size) => walk(events, room, size));
  const show = () => {
    const [size, step] = [sizes[model.get("size")], model.get("step")];
    const states = walks[model.get("size")];
    pool.show(states[step], size);
    tables.show(states[step]);
    setText(sentence, describe(states, step, events, model.get("reserved"), room));
  };
  watch(model, ["step", "size"], show);
  show();
}

/** A place for every token of the pool, and around those of a page a frame with its number. */
function poolPicture(room) {
  const places = Array.from({ length: room }, (_, place) => slotAt(place));
  const height = (room / ACROSS) * ROW + 4;
  const element = svg(
    "svg",
    {
      viewBox: `0 0 ${ACROSS * SLOT.width + 8} ${height}`,
      role: "img",
      "aria-label": say("The pool"),
    },
    ...places.flatMap(({ box, owner, name }) => [box, owner, name]),
    ...places.map(({ frame }) => frame),
  );
  return {
    element,
    show({ pages, copied }, size) {
      places.forEach(({ box, owner, name, frame, x, y }, place) => {
        const [page, slot] = [Math.floor(place / size), place % size];
        const { users, slots } = pages[page];
        const first = slot === 0;
        const state = users.length > 1 ? "shared" : users.length === 1 ? "used" : "free";
        update(box, { class: slots[slot] === "" ? "empty" : state });
        setText(owner, slots[slot]);
        const by = size > 2 ? users.join(" ") : "";
        const named = by === "" ? `${page}` : say("{page}: {users}", { page, users: by });
        setText(name, first ? named : "");
        update(frame, {
          class: copied !== null && copied[1] === page ? "frame copied" : `frame ${state}`,
          x,
          y,
          width: first ? size * SLOT.width - 4 : 0,
          height: first ? SLOT.height + 4 : 0,
        });
      });
    },
  };
}

function slotAt(place) {
  const [column, row] = [place % ACROSS, Math.floor(place / ACROSS)];
  const [x, y] = [4 + column * SLOT.width, 18 + row * ROW];
  return {
    x,
    y,
    box: svg("rect", { x: x + 3, y: y + 3, width: SLOT.width - 10, height: SLOT.height - 2 }),
    owner: svg("text", { x: x + SLOT.width / 2 - 2, y: y + 21, "text-anchor": "middle" }),
    name: svg("text", { class: "quiet", x: x + 1, y: y - 4 }),
    frame: svg("rect", { rx: 4 }),
  };
}

/** A line per sequence: its length, and the pages of its tokens in order. */
function sequenceTables(names) {
  const rows = names.map((name) => {
    const cells = [html("td", {}), html("td", {})];
    return { name, cells, element: html("tr", {}, html("th", { scope: "row" }, name), ...cells) };
  });
  const heads = [say("sequence"), say("tokens"), say("table: its pages in order")];
  return {
    element: html(
      "table",
      { class: "pages-tables" },
      html("thead", {}, html("tr", {}, ...heads.map((head) => html("th", { scope: "col" }, head)))),
      html("tbody", {}, ...rows.map(({ element }) => element)),
    ),
    show({ tables, lengths }) {
      for (const { name, cells } of rows) {
        setText(cells[0], name in lengths ? digits(lengths[name], 0) : "–");
        setText(cells[1], name in tables ? tables[name].join(" → ") : "–");
      }
    },
  };
}

export default { render };
