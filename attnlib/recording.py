"""Look inside a model while it runs: every layer's attention, by the name of its module.

with record_attention(model) as maps:
    model(tokens)
maps["decoder.1.cross"].weights          # (B, H, Tq, Tk)
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from jaxtyping import Bool, Float
from torch import Tensor, nn

from attnlib.attention import Attended, attention
from attnlib.masks import Mask
from attnlib.normalizers import Normalizer, softmax
from attnlib.scores import Score, scaled_dot


class Attend(nn.Module):
    """`attention` as a part of a model: the choices are kept, dropout is on in training only.

    A layer holds one as `self.attend`; `record_attention` finds it there. See `attention` for the
    arguments.
    """

    def __init__(
        self,
        *,
        score: Score = scaled_dot,
        normalize: Normalizer = softmax,
        scale: float | None = None,
        dropout_p: float = 0.0,
        impl: str = "auto",
    ) -> None:
        super().__init__()
        self.score = score
        self.normalize = normalize
        self.scale = scale
        self.dropout_p = dropout_p
        self.impl = impl

    def forward(
        self,
        query: Float[Tensor, "B H Tq D"],
        key: Float[Tensor, "B G Tk D"],
        value: Float[Tensor, "B G Tk Dv"],
        *,
        mask: Mask | Bool[Tensor, "*BH #Tq #Tk"] | None = None,
        bias: Float[Tensor, "#B #H #Tq #Tk"] | None = None,
    ) -> Attended:
        return attention(
            query,
            key,
            value,
            mask=mask,
            bias=bias,
            score=self.score,
            normalize=self.normalize,
            scale=self.scale,
            dropout_p=self.dropout_p if self.training else 0.0,
            impl=self.impl,
        )


class AttentionMaps(dict[str, Attended]):
    """The last Attended of each layer by name; `calls[name]` holds all of them, in order."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: dict[str, list[Attended]] = {}

    def __missing__(self, name: str) -> Attended:
        recorded = ", ".join(self) or "nothing: has the model run inside the with block?"
        raise KeyError(f"no attention recorded as {name!r}; recorded: {recorded}")


@contextmanager
def record_attention(model: nn.Module) -> Iterator[AttentionMaps]:
    """Collect what every `Attend` inside `model` computes, named by the layer that holds it.

    Recording changes nothing in the model's output: weights are computed only when read.
    Raises ValueError when the model holds no `Attend`.
    """
    maps = AttentionMaps()
    hooks = []
    for path, module in model.named_modules():
        if isinstance(module, Attend):
            name = "" if path == "attend" else path.removesuffix(".attend")
            hooks.append(module.register_forward_hook(_recorder(maps, name)))
    if not hooks:
        raise ValueError(f"{type(model).__name__} holds no Attend module to record")
    try:
        yield maps
    finally:
        for hook in hooks:
            hook.remove()


def _recorder(maps: AttentionMaps, name: str) -> Any:
    def record(module: nn.Module, inputs: Any, attended: Attended) -> None:
        maps[name] = attended
        maps.calls.setdefault(name, []).append(attended)

    return record
