"""Switch heads off and see what the model cannot do without them (Michel et al., 2019).

with heads_off(model, {"decoder.1.cross_attention": [2]}):
    model(source, lengths, target)       # as if head 2 of that layer had found nothing

A layer's output is Σₕ headₕ · Woₕ. A head that is off adds 0 (their ξₕ = 0, section 2.3), which is
the same as a Woₕ of zeros; no weight is touched.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import ExitStack, contextmanager

from torch import Tensor, nn


@contextmanager
def heads_off(model: nn.Module, off: Mapping[str, Collection[int]]) -> Iterator[None]:
    """Inside the block, the heads named in `off` give zeros to the output matrix.

    `off` has the heads, counted from 0, by the name of their layer: `head_counts(model)` lists the
    layers. Blocks can be nested. Raises ValueError for a layer or a head that is not there.
    """
    layers = _layers(model)
    for name, heads in off.items():
        _check(layers, name, heads)
    with ExitStack() as stack:
        for name, heads in off.items():
            output = layers[name].get_submodule("output")
            hook = output.register_forward_pre_hook(_silence(heads, layers[name]))
            stack.callback(hook.remove)
        yield


def head_counts(model: nn.Module) -> dict[str, int]:
    """How many heads each layer has, in the model's order: {"encoder.0.self_attention": 4, …}."""
    return {name: _heads(layer) for name, layer in _layers(model).items()}


def _silence(
    heads: Collection[int], layer: nn.Module
) -> Callable[[nn.Module, tuple[Tensor]], tuple[Tensor]]:
    """A hook for the output matrix, whose input has the heads side by side: (B, T, H·D)."""
    count = _heads(layer)

    def hook(output: nn.Module, inputs: tuple[Tensor]) -> tuple[Tensor]:
        states = inputs[0].unflatten(-1, (count, -1))  # (B, T, H, D)
        keep = states.new_ones(count, 1)
        keep[list(heads)] = 0
        return ((states * keep).flatten(-2),)

    return hook


def _layers(model: nn.Module) -> dict[str, nn.Module]:
    """Those that say how many `heads` they have and join them in a matrix `output`."""
    return {name: layer for name, layer in model.named_modules() if _heads(layer)}


def _heads(layer: nn.Module) -> int:
    """How many heads stand side by side before the layer's output matrix; 0 if it has none."""
    heads, output = getattr(layer, "heads", 0), getattr(layer, "output", None)
    return heads if isinstance(heads, int) and isinstance(output, nn.Linear) else 0


def _check(layers: Mapping[str, nn.Module], name: str, heads: Collection[int]) -> None:
    if name not in layers:
        known = ", ".join(layers) or "none"
        raise ValueError(f"off names the layer {name!r}; the model's attention layers are {known}")
    count = _heads(layers[name])
    for head in heads:
        if not 0 <= head < count:
            raise ValueError(f"off names head {head} of {name!r}, which has heads 0 to {count - 1}")
