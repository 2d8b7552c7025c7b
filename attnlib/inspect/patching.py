"""Put one run's heads into another run: which of them carry the difference? (Vig et al., 2020)

with record_heads(model) as found:
    model(clean)
with heads_patched(model, {"layers.3.self_attention": {2: found["layers.3.self_attention"][:, 2]}}):
    model(corrupted)             # head 2 of that layer answers as it did over the clean tokens

Two texts that differ in one word give two answers. A head whose states bring the first answer back
carries what differs; where nothing comes back, its map may look as it likes (*activation patching*;
Meng et al., 2022). With the mean of many texts it is mean ablation.
"""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import partial

from jaxtyping import Float
from torch import Tensor, nn

from attnlib.inspect._joining import changed, check_heads, layers_of

Patches = Mapping[str, Mapping[int, Tensor]]


@contextmanager
def record_heads(model: nn.Module) -> Iterator[dict[str, Float[Tensor, "B H T D"]]]:
    """Collect what each layer's heads give to what joins them, by the layer's name.

    Only layers with heads side by side are there: `head_counts(model)` lists them. A layer that
    runs twice inside the block keeps its last states.
    """
    found: dict[str, Tensor] = {}

    def keep(name: str, states: Tensor) -> Tensor:
        found[name] = states.transpose(-2, -3)
        return states

    with ExitStack() as stack:
        for name, layer in layers_of(model).items():
            handle = changed(layer, partial(keep, name))
            stack.callback(handle.remove)
        yield found


@contextmanager
def heads_patched(model: nn.Module, patches: Patches) -> Iterator[None]:
    """Inside the block, the heads named in `patches` give these states: (B, T, D), or broadcast.

    Heads are counted from 0, by the name of their layer. No weight is touched. Raises ValueError
    for a layer or a head that is not there, and, when the model runs, for states that do not fit.
    """
    layers = layers_of(model)
    for name, heads in patches.items():
        check_heads(layers, name, heads, "patches")

    def patched(name: str, states: Tensor) -> Tensor:
        states = states.clone()
        for head, given in patches[name].items():
            wanted = states[..., head, :]
            try:
                states[..., head, :] = given.to(wanted).broadcast_to(wanted.shape)
            except RuntimeError:
                raise ValueError(
                    f"patches has states {tuple(given.shape)} for head {head} of {name!r}, "
                    f"which gives {tuple(wanted.shape)}"
                ) from None
        return states

    with ExitStack() as stack:
        for name in patches:
            handle = changed(layers[name], partial(patched, name))
            stack.callback(handle.remove)
        yield
