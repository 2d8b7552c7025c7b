// The one equation, as small pure functions over arrays of numbers (float64).
// Each is held equal to attnlib to 1e-6 by tests/course/js/test_widgets_math.py.

export function dot(query, key) {
  let sum = 0;
  for (let i = 0; i < query.length; i++) sum += query[i] * key[i];
  return sum;
}

export const sum = (numbers) => numbers.reduce((total, number) => total + number, 0);

export const mean = (numbers) => sum(numbers) / numbers.length;

/** The place of the largest number, the first of equals. */
export function argmax(numbers) {
  let best = 0;
  for (let i = 1; i < numbers.length; i++) if (numbers[i] > numbers[best]) best = i;
  return best;
}

/** Of one row per head the row of head `choice`, counted from 1; with 0 the average of all. */
export function ofHead(rows, choice) {
  return choice > 0 ? rows[choice - 1] : rows[0].map((_, j) => mean(rows.map((row) => row[j])));
}

export function scaledDot(query, key) {
  return dot(query, key) / Math.sqrt(query.length);
}

/** True where query `q` may attend to key `k`, as rows of booleans. The last query stands at the
    last key. */
export function causal(queries, keys = queries) {
  return Array.from({ length: queries }, (_, q) =>
    Array.from({ length: keys }, (_, k) => k <= q + keys - queries),
  );
}

/** exp(s / temperature) / Σ over the allowed keys; all zeros where nothing is allowed. */
export function softmax(scores, { allowed = null, temperature = 1 } = {}) {
  const seen = (_, i) => allowed === null || allowed[i];
  const highest = Math.max(...scores.filter(seen));
  const powers = scores.map((score, i) =>
    seen(score, i) ? Math.exp((score - highest) / temperature) : 0,
  );
  const total = sum(powers);
  return total === 0 ? powers : powers.map((power) => power / total);
}

/** The nearest point of the simplex to the scores: small ones get exactly 0 (Martins & Astudillo,
    2016). */
export function sparsemax(scores) {
  const sorted = [...scores].sort((a, b) => b - a);
  let sum = 0;
  let threshold = 0;
  sorted.forEach((score, i) => {
    sum += score;
    if (1 + (i + 1) * score > sum) threshold = (sum - 1) / (i + 1);
  });
  return scores.map((score) => Math.max(score - threshold, 0));
}

/** [s/2 − τ]₊² with the τ at which the weights sum to 1: between softmax and sparsemax (Peters et
    al., 2019). */
export function entmax15(scores) {
  const highest = Math.max(...scores);
  const halves = scores.map((score) => (score - highest) / 2);
  const sorted = [...halves].sort((a, b) => b - a);
  let [sum, squares, threshold] = [0, 0, -1];
  sorted.forEach((half, i) => {
    sum += half;
    squares += half * half;
    const [mean, count] = [sum / (i + 1), i + 1];
    const candidate = mean - Math.sqrt(Math.max(0, (1 - squares + count * mean * mean) / count));
    if (candidate <= half) threshold = candidate;
  });
  return halves.map((half) => Math.max(half - threshold, 0) ** 2);
}

/** σ(s − ln n): every key by itself, so that the weights need not sum to 1 (Ramapuram et al.,
    2024). */
export function sigmoid(scores) {
  return scores.map((score) => 1 / (1 + Math.exp(Math.log(scores.length) - score)));
}

/** All weight on the best key, the first of equals. */
export function hard(scores) {
  const best = argmax(scores);
  return scores.map((_, i) => Number(i === best));
}

/** Σ weightᵢ · valueᵢ */
export function weightedSum(weights, values) {
  return values[0].map((_, d) =>
    weights.reduce((sum, weight, i) => sum + weight * values[i][d], 0),
  );
}

/** −Σ w ln w in nats: 0 when one key has it all, ln n when all share alike. */
export function entropy(weights) {
  return weights.reduce((sum, weight) => (weight > 0 ? sum - weight * Math.log(weight) : sum), 0);
}

export function standardDeviation(numbers) {
  const middle = mean(numbers);
  return Math.sqrt(mean(numbers.map((x) => (x - middle) ** 2)));
}
