// Who computes how much, and when, while keys go round a ring of processes.

export const LENGTH = 32; // tokens over all processes
export const WINDOW = 8; // keys that a query sees under the window, itself among them
export const MASKS = ["none", "causal", "window"];
export const ORDERS = ["contiguous", "zigzag"];

/** Where the tokens of a process stand in the sequence. */
export function places(rank, processes, order) {
  const stretches = order === "zigzag" ? [rank, 2 * processes - 1 - rank] : [rank];
  const size = LENGTH / (processes * stretches.length);
  return stretches.flatMap((stretch) => Array.from({ length: size }, (_, i) => stretch * size + i));
}

function sees(mask, query, key) {
  if (mask === "none") return true;
  return key <= query && (mask === "causal" || query - key < WINDOW);
}

/** How many pairs each process computes, turn by turn: [turn][rank]. In turn t it has the keys of
    the process t places before it. */
export function work(processes, order, mask) {
  const ranks = Array.from({ length: processes }, (_, rank) => rank);
  const held = ranks.map((rank) => places(rank, processes, order));
  return ranks.map((turn) =>
    ranks.map((rank) => {
      const keys = held[owner(rank, turn, processes)];
      return held[rank]
        .map((query) => keys.filter((key) => sees(mask, query, key)).length)
        .reduce((sum, count) => sum + count, 0);
    }),
  );
}

export const owner = (rank, turn, processes) => (rank - turn + processes) % processes;

/** A turn ends when the slowest process is done: how long each takes, all together, and the share
    of all processes' time that goes in waiting. */
export function timeline(table) {
  const longest = table.map((row) => Math.max(...row));
  const total = longest.reduce((sum, one) => sum + one, 0);
  const computed = table.flat().reduce((sum, one) => sum + one, 0);
  return { longest, total, waited: 1 - computed / (total * table.length) };
}

/** What happens when `share` of all the time is over: which turn it is, how many pairs of it are
    done, and which processes still compute in it. */
export function at(table, share) {
  const { longest, total } = timeline(table);
  const time = Math.min(share * total, total - 1e-6);
  let [turn, begun] = [0, 0];
  while (begun + longest[turn] <= time) {
    begun += longest[turn];
    turn += 1;
  }
  const busy = table[turn].map((pairs) => pairs > time - begun);
  return { turn, busy, time };
}

/** The tokens of a process: "0–3, 28–31". */
export function held(rank, processes, order) {
  const mine = places(rank, processes, order);
  const runs =
    order === "zigzag" ? [mine.slice(0, mine.length / 2), mine.slice(mine.length / 2)] : [mine];
  return runs.map((run) => `${run[0]}–${run[run.length - 1]}`).join(", ");
}
