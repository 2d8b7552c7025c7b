// Large files that are no part of a widget's state, such as a model's weights.

/** The bytes of the file that `_assets.py` lists under `name`: the kernel sends it, or page.js does.
    Rejects with what they say where there is none; `again` asks for a fresh copy. */
export function asset(model, name, again = false) {
  return new Promise((resolve, reject) => {
    const receive = (message, buffers) => {
      if (message.kind !== "asset" || message.name !== name) return;
      model.off("msg:custom", receive);
      if (message.error !== undefined) {
        reject(new Error(message.error));
        return;
      }
      const { buffer, byteOffset, byteLength } = buffers[0];
      resolve(new Uint8Array(buffer, byteOffset, byteLength));
    };
    model.on("msg:custom", receive);
    model.send({ kind: "asset", name, again });
  });
}
