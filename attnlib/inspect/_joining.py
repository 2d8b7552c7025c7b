"""Where a layer's heads stand side by side, before its output matrix joins them."""

from collections.abc import Callable, Collection, Mapping

from torch import Tensor, nn
from torch.utils.hooks import RemovableHandle

WHERE = ("output", "attend")  # a layer's parts behind which its heads stand side by side


def layers_of(model: nn.Module) -> dict[str, nn.Module]:
    """Those that say how many `heads` they have, and join them by an `output` or attend alone."""
    return {name: layer for name, layer in model.named_modules() if count_of(layer)}


def count_of(layer: nn.Module) -> int:
    """How many heads a layer sets side by side; 0 if it does not."""
    heads, parts = getattr(layer, "heads", 0), (getattr(layer, p, None) for p in WHERE)
    return heads if isinstance(heads, int) and any(isinstance(p, nn.Module) for p in parts) else 0


def check_heads(
    layers: Mapping[str, nn.Module], name: str, heads: Collection[int], argument: str
) -> None:
    """ValueError for a layer or a head that `argument` names and that is not there."""
    if name not in layers:
        known = ", ".join(layers) or "none"
        raise ValueError(
            f"{argument} names the layer {name!r}; the model's attention layers are {known}"
        )
    count = count_of(layers[name])
    for head in heads:
        if not 0 <= head < count:
            raise ValueError(
                f"{argument} names head {head} of {name!r}, which has heads 0 to {count - 1}"
            )


def changed(layer: nn.Module, change: Callable[[Tensor], Tensor]) -> RemovableHandle:
    """From now on the layer joins `change(states)`, with the heads' states (B, T, H, D)."""

    def joined(states: Tensor) -> Tensor:
        return change(states.unflatten(-1, (count_of(layer), -1))).flatten(-2)

    output = getattr(layer, "output", None)
    if output is None:
        return layer.register_forward_hook(lambda _, inputs, states: joined(states))
    handle: RemovableHandle = output.register_forward_pre_hook(lambda _, inputs: joined(inputs[0]))
    return handle
