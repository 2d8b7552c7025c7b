// What every network in the page is made of, besides attention: small functions over one vector.

/** W·x + b; the matrix is a tensor { shape: [outputs, inputs], data }, and so is the bias, if any. */
export function affine(x, { shape: [rows, columns], data }, bias) {
  const output = new Float64Array(rows);
  for (let i = 0, at = 0; i < rows; i++) {
    let sum = bias ? bias.data[i] : 0;
    for (let j = 0; j < columns; j++, at++) sum += data[at] * x[j];
    output[i] = sum;
  }
  return output;
}

/** (x − mean) / √(variance + ε) · weight + bias */
export function layerNorm(x, weight, bias, epsilon = 1e-5) {
  const mean = x.reduce((sum, value) => sum + value, 0) / x.length;
  const variance = x.reduce((sum, value) => sum + (value - mean) ** 2, 0) / x.length;
  const divisor = Math.sqrt(variance + epsilon);
  return x.map((value, i) => ((value - mean) / divisor) * weight[i] + bias[i]);
}

export const add = (x, y) => x.map((value, i) => value + y[i]);
