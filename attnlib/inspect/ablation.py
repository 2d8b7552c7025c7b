"""Switch heads off and see what the model cannot do without them (Michel et al., 2019).

with heads_off(model, {"decoder.1.cross_attention": [2]}):
    model(source, lengths, target)       # as if head 2 of that layer had found nothing

A layer's output is Σₕ headₕ · Woₕ. A head that is off adds 0 (their ξₕ = 0, section 2.3), which is
the same as a Woₕ of zeros; no weight is touched. A layer without Wo, as in graph attention, gives
its heads side by side: there the head's own part is 0.
"""

from collections.abc import Collection, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import partial

from torch import Tensor, nn

from attnlib.inspect._joining import changed, check_heads, count_of, layers_of


@contextmanager
def heads_off(model: nn.Module, off: Mapping[str, Collection[int]]) -> Iterator[None]:
    """Inside the block, the heads named in `off` give zeros to what joins the heads.

    `off` has the heads, counted from 0, by the name of their layer: `head_counts(model)` lists the
    layers. Blocks can be nested. Raises ValueError for a layer or a head that is not there.
    """
    layers = layers_of(model)
    for name, heads in off.items():
        check_heads(layers, name, heads, "off")

    def silent(heads: Collection[int], states: Tensor) -> Tensor:
        keep = states.new_ones(states.shape[-2], 1)
        keep[list(heads)] = 0
        return states * keep

    with ExitStack() as stack:
        for name, heads in off.items():
            handle = changed(layers[name], partial(silent, heads))
            stack.callback(handle.remove)
        yield


def head_counts(model: nn.Module) -> dict[str, int]:
    """How many heads each layer has, in the model's order: {"encoder.0.self_attention": 4, …}."""
    return {name: count_of(layer) for name, layer in layers_of(model).items()}
