// Reading a safetensors file: a header in JSON, then the numbers of all tensors one after another.

const FACTORS = ".factors"; // of a matrix in 8 bits: one for each of its rows

/** Every tensor of the file by name, as { shape, data } with float32 numbers. */
export function readSafetensors(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const headerLength = Number(view.getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + headerLength)));
  const tensors = {};
  for (const [
    name,
    {
      dtype,
      shape,
      data_offsets: [start, end],
    },
  ] of Object.entries(header)) {
    if (name === "__metadata__") continue;
    if (!(dtype in READERS)) throw new Error(`${name} is ${dtype}; readable are I8, F16 and F32`);
    tensors[name] = { shape, data: READERS[dtype](view, 8 + headerLength + start, end - start) };
  }
  for (const name of Object.keys(tensors).filter((name) => name.endsWith(FACTORS))) {
    scale(tensors[name.slice(0, -FACTORS.length)].data, tensors[name].data);
    delete tensors[name];
  }
  return tensors;
}

/** Multiplies each row of a matrix by its factor. */
function scale(matrix, factors) {
  const columns = matrix.length / factors.length;
  for (let i = 0; i < matrix.length; i++) matrix[i] *= factors[Math.floor(i / columns)];
}

const READERS = {
  I8: (view, start, length) => Float32Array.from({ length }, (_, i) => view.getInt8(start + i)),
  F32: (view, start, length) =>
    Float32Array.from({ length: length / 4 }, (_, i) => view.getFloat32(start + 4 * i, true)),
  F16: (view, start, length) =>
    Float32Array.from({ length: length / 2 }, (_, i) => half(view.getUint16(start + 2 * i, true))),
};

/** The number that 16 bits stand for: 1 of sign, 5 of exponent, 10 of fraction (IEEE 754). */
function half(bits) {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
