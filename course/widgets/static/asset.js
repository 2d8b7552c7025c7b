// Large files that are no part of a widget's state, such as a model's weights.

/** The bytes of the file that `_assets.py` lists under `name`: the kernel sends it, or page.js does. */
export function asset(model, name) {
  return new Promise((resolve) => {
    const receive = (message, buffers) => {
      if (message.kind !== "asset" || message.name !== name) return;
      model.off("msg:custom", receive);
      const { buffer, byteOffset, byteLength } = buffers[0];
      resolve(new Uint8Array(buffer, byteOffset, byteLength));
    };
    model.on("msg:custom", receive);
    model.send({ kind: "asset", name });
  });
}
