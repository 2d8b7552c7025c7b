"""Look inside a model while it runs: every layer's attention, by the name of its module.

with record_attention(model) as maps:
    model(tokens)
maps["decoder.1.cross_attention"].weights          # (B, H, Tq, Tk)
"""

import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

import torch
from torch import nn

from attnlib.attend import Attend
from attnlib.attended import Attended
from attnlib.inspect._foreign import is_foreign, recorded


class AttentionMaps(dict[str, Attended]):
    """The last Attended of each layer by name; `calls[name]` holds all of them, in order."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: dict[str, list[Attended]] = {}

    def keep(self, name: str, attended: Attended) -> None:
        """One more Attended of a layer."""
        self[name] = attended
        self.calls.setdefault(name, []).append(attended)

    def __missing__(self, name: str) -> Attended:
        names = [name or '"", the model itself' for name in self]
        recorded = ", ".join(names) or "nothing: has the model run inside the with block?"
        raise KeyError(f"no attention recorded as {name!r}; recorded: {recorded}")


@contextmanager
def record_attention(model: nn.Module) -> Iterator[AttentionMaps]:
    """Collect what every `Attend` inside `model` computes, named by the layer that holds it.

    Recording changes nothing in the model's output: weights are computed only when read. What
    `torch.compile` has compiled runs uncompiled inside the block. A model of the transformers
    library is recorded as well, by the names of its own modules.

        >>> layer = MultiHeadAttention(8, heads=2)
        >>> with record_attention(nn.Sequential(layer)) as maps:
        ...     _ = layer(torch.zeros(1, 3, 8))
        >>> maps["0"].weights.shape
        torch.Size([1, 2, 3, 3])

    Raises ValueError when the model holds no `Attend`.
    """
    maps = AttentionMaps()
    if is_foreign(model):
        with recorded(model, maps.keep):
            yield maps
        return
    hooks = []
    for path, module in model.named_modules():
        if isinstance(module, Attend):
            name = "" if path == "attend" else path.removesuffix(".attend")
            hooks.append(module.register_forward_hook(_recorder(maps, name)))
    if not hooks:
        raise ValueError(f"{type(model).__name__} holds no Attend module to record")
    try:
        with _uncompiled():
            yield maps
    finally:
        for hook in hooks:
            hook.remove()


def _uncompiled() -> AbstractContextManager[Any]:
    """What is compiled runs as it was written: a graph made earlier knows of no hooks."""
    if "torch._dynamo" not in sys.modules:
        return nullcontext()  # nothing is compiled, and importing it takes seconds
    return torch.compiler.set_stance("force_eager")


def _recorder(maps: AttentionMaps, name: str) -> Any:
    def record(module: nn.Module, inputs: Any, attended: Attended) -> None:
        maps.keep(name, attended)

    return record
