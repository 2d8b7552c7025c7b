"""Models of the transformers library, recorded as ours are.

Their layers hand query, key and value to a function that a model names, `attn_implementation`.
While a model is recorded, that function is attnlib's `attention`: the same equation, and what it
returns is kept. So weights are computed only when read, by rows if one wants, whatever the length.
"""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from torch import Tensor, nn

from attnlib._attention import attention
from attnlib.attended import Attended
from attnlib.masks import Dense
from attnlib.normalizers import LearnedSink, softmax
from attnlib.scores import SoftCap, scaled_dot

NAME = "attnlib"


def is_foreign(model: nn.Module) -> bool:
    """Whether the model is one of transformers', which must have been imported to make it."""
    library = sys.modules.get("transformers")
    return library is not None and isinstance(model, library.PreTrainedModel)


@contextmanager
def recorded(model: Any, keep: Callable[[str, Attended], None]) -> Iterator[None]:
    """Inside the block, `keep` is told each attention's layer and what it computed.

    Soft caps (Gemma 2) and learned sinks (gpt-oss) are attnlib's own; dropout is none. Raises
    ValueError, when the model runs, for a causal layer that is given no mask.
    """
    from transformers import AttentionInterface, AttentionMaskInterface
    from transformers.masking_utils import sdpa_mask

    names = {module: name for name, module in model.named_modules()}

    def attend(
        module: nn.Module,
        query: Tensor,
        key: Tensor,
        value: Tensor,
        attention_mask: Tensor | None,
        scaling: float | None = None,
        position_bias: Tensor | None = None,
        is_causal: bool | None = None,
        softcap: float | None = None,
        s_aux: Tensor | None = None,
        **_: Any,
    ) -> tuple[Tensor, None]:
        causal = getattr(module, "is_causal", True) if is_causal is None else is_causal
        bias, allowed = position_bias, attention_mask
        if allowed is not None and allowed.is_floating_point():
            bias, allowed = allowed if bias is None else bias + allowed, None
        if allowed is None and bias is None and causal and query.shape[2] > 1:
            raise ValueError(f"{type(module).__name__} was given no mask, though it is causal")
        mask = None if allowed is None else Dense(allowed[..., : key.shape[2]].bool())
        seen = attention(
            query,
            key,
            value,
            mask=mask,
            bias=bias,
            score=scaled_dot if softcap is None else SoftCap(softcap),
            normalize=softmax if s_aux is None else _with_sinks(s_aux),
            scale=scaling,
        )
        keep(names[module], seen)
        return seen.output.transpose(1, 2).contiguous(), None

    def always_laid(*args: Any, **options: Any) -> Tensor | None:
        return sdpa_mask(*args, **(options | {"allow_is_causal_skip": False}))

    AttentionInterface.register(NAME, attend)
    AttentionMaskInterface.register(NAME, always_laid)
    before = model.config._attn_implementation
    try:
        model.set_attn_implementation(NAME)
        yield
    finally:
        model.set_attn_implementation(before)


def _with_sinks(sinks: Tensor) -> LearnedSink:
    """A normalizer with the model's own sinks, one per head."""
    normalizer = LearnedSink(len(sinks))
    normalizer.sink = nn.Parameter(sinks.detach(), requires_grad=False)
    return normalizer
