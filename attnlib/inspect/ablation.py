"""Switch heads off and see what the model cannot do without them (Michel et al., 2019).

with heads_off(model, {"decoder.1.cross_attention": [2]}):
    model(source, lengths, target)       # as if head 2 of that layer had found nothing

A layer's output is Σₕ headₕ · Woₕ. A head that is off adds 0 (their ξₕ = 0, section 2.3), which is
the same as a Woₕ of zeros; no weight is touched. A layer without Wo, as in graph attention, gives
its heads side by side: there the head's own part is 0.
"""

from collections.abc import Collection, Iterator, Mapping
from contextlib import ExitStack, contextmanager

from torch import Tensor, nn
from torch.utils.hooks import RemovableHandle

WHERE = ("output", "attend")  # a layer's parts behind which its heads stand side by side


@contextmanager
def heads_off(model: nn.Module, off: Mapping[str, Collection[int]]) -> Iterator[None]:
    """Inside the block, the heads named in `off` give zeros to what joins the heads.

    `off` has the heads, counted from 0, by the name of their layer: `head_counts(model)` lists the
    layers. Blocks can be nested. Raises ValueError for a layer or a head that is not there.
    """
    layers = _layers(model)
    for name, heads in off.items():
        _check(layers, name, heads)
    with ExitStack() as stack:
        for name, heads in off.items():
            stack.callback(_silence(layers[name], heads).remove)
        yield


def head_counts(model: nn.Module) -> dict[str, int]:
    """How many heads each layer has, in the model's order: {"encoder.0.self_attention": 4, …}."""
    return {name: _heads(layer) for name, layer in _layers(model).items()}


def _silence(layer: nn.Module, heads: Collection[int]) -> RemovableHandle:
    """Zeros for some heads where all stand side by side: (B, T, H·D)."""

    def silent(joined: Tensor) -> Tensor:
        states = joined.unflatten(-1, (_heads(layer), -1))  # (B, T, H, D)
        keep = states.new_ones(_heads(layer), 1)
        keep[list(heads)] = 0
        return (states * keep).flatten(-2)

    output = getattr(layer, "output", None)
    if output is None:
        return layer.register_forward_hook(lambda _, inputs, joined: silent(joined))
    handle: RemovableHandle = output.register_forward_pre_hook(lambda _, inputs: silent(inputs[0]))
    return handle


def _layers(model: nn.Module) -> dict[str, nn.Module]:
    """Those that say how many `heads` they have, and join them by an `output` or attend alone."""
    return {name: layer for name, layer in model.named_modules() if _heads(layer)}


def _heads(layer: nn.Module) -> int:
    """How many heads a layer sets side by side; 0 if it does not."""
    heads, parts = getattr(layer, "heads", 0), (getattr(layer, p, None) for p in WHERE)
    return heads if isinstance(heads, int) and any(isinstance(p, nn.Module) for p in parts) else 0


def _check(layers: Mapping[str, nn.Module], name: str, heads: Collection[int]) -> None:
    if name not in layers:
        known = ", ".join(layers) or "none"
        raise ValueError(f"off names the layer {name!r}; the model's attention layers are {known}")
    count = _heads(layers[name])
    for head in heads:
        if not 0 <= head < count:
            raise ValueError(f"off names head {head} of {name!r}, which has heads 0 to {count - 1}")
