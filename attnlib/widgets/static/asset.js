// Large files, such as a model's weights, which are no part of a widget's saved state.

/** The bytes of ASSETS[name] of attnlib/widgets/_assets.py, as a DataView: sent by Python where there
 * is a kernel, by page.js where there is none. */
export function asset(model, name) {
  return new Promise((resolve, reject) => {
    const receive = (message, buffers) => {
      if (message.kind !== "asset" || message.name !== name) return;
      model.off("msg:custom", receive);
      resolve(buffers[0]);
    };
    model.on("msg:custom", receive);
    Promise.resolve(model.send({ kind: "asset", name })).catch(reject);
  });
}
