"""Chapter 09, to write an encoder layer and a decoder layer, checked on the trained translator's.

The reader gets a layer's parts as functions: its attentions, its feed-forward network, its norms.
"""

from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import dataclass
from functools import cache
from typing import Any

import torch
from torch import Tensor, nn

from attnlib.models.transformer import DecoderLayer, EncoderLayer, Transformer
from course.exercises.in_code import Inputs
from course.exercises.trying import Draw
from course.translation import pretrained

Attention = Callable[..., Tensor]  # (x, context, allowed=None)
OnEachWord = Callable[[Tensor], Tensor]


@dataclass(frozen=True)
class Layer:
    """The parts of one trained layer; an encoder's has two norms and no cross-attention."""

    name: str
    self_attention: Attention
    feed_forward: OnEachWord
    norm_1: OnEachWord
    norm_2: OnEachWord
    cross_attention: Attention | None = None
    norm_3: OnEachWord | None = None

    def __repr__(self) -> str:
        return self.name


def my_encoder_layer(layer: Any, x: Tensor, allowed: Tensor) -> Tensor:
    x = layer.norm_1(x + layer.self_attention(x, x, allowed))
    return layer.norm_2(x + layer.feed_forward(x))


def my_decoder_layer(layer: Any, x: Tensor, memory: Tensor, allowed: Tensor) -> Tensor:
    past = torch.ones(x.shape[1], x.shape[1], dtype=torch.bool).tril()
    x = layer.norm_1(x + layer.self_attention(x, x, past))
    x = layer.norm_2(x + layer.cross_attention(x, memory, allowed))
    return layer.norm_3(x + layer.feed_forward(x))


@cache
def _model() -> Transformer:
    model = pretrained.load("translation_transformer").model
    assert isinstance(model, Transformer)
    return model.requires_grad_(False)


def _either(module: nn.Module) -> Callable[..., Tensor]:
    """The module on numbers of either precision: the check computes in float64."""
    wide = deepcopy(module).double()

    def of(x: Tensor, *others: Tensor | None) -> Tensor:
        chosen = wide if x.dtype == torch.float64 else module
        found: Tensor = chosen(x, *others)
        return found

    return of


class _Masked(nn.Module):
    """Attention whose third argument is its mask, as in the chapter."""

    def __init__(self, attention: nn.Module) -> None:
        super().__init__()
        self.attention = attention

    def forward(self, x: Tensor, context: Tensor, allowed: Tensor | None = None) -> Tensor:
        found: Tensor = self.attention(x, context, mask=allowed)
        return found


@cache
def trained_layer(side: str, number: int) -> Layer:
    """Layer `number` of the translator's encoder or decoder."""
    model = _model()
    layers = {"encoder": model.encoder, "decoder": model.decoder}[side]
    module = layers[number]
    assert isinstance(module, EncoderLayer | DecoderLayer)
    parts = {
        "self_attention": _either(_Masked(module.self_attention)),
        "feed_forward": _either(module.feed_forward),
        "norm_1": _either(module.self_attention_residual.norm),
        "norm_2": _either(module.feed_forward_residual.norm),
    }
    if isinstance(module, DecoderLayer):
        parts["cross_attention"] = _either(_Masked(module.cross_attention))
        parts["norm_2"] = _either(module.cross_attention_residual.norm)
        parts["norm_3"] = _either(module.feed_forward_residual.norm)
    return Layer(f"{side}[{number}]", **parts)


def _sentences(draw: Draw, lengths: Sequence[int]) -> tuple[Tensor, Tensor]:
    """The embeddings of words of the translator, and which are no padding (B, 1, 1, S)."""
    embedding = _model().source_embedding
    words = draw.below(len(embedding.table), len(lengths), max(lengths))
    allowed = torch.arange(max(lengths)) < torch.tensor(lengths)[:, None]
    return embedding(words), allowed[:, None, None]


def for_encoder(draw: Draw) -> Sequence[Inputs]:
    """Sentences of unequal lengths before each layer of the encoder."""
    cases = []
    for number, lengths in ((0, (6, 4)), (1, (5, 7, 2)), (0, (3,)), (1, (4, 4))):
        x, allowed = _sentences(draw, lengths)
        if number == 1:
            x = my_encoder_layer(trained_layer("encoder", 0), x, allowed)
        cases.append((trained_layer("encoder", number), x, allowed))
    return cases


def for_decoder(draw: Draw) -> Sequence[Inputs]:
    """In one case both languages have equally many words: there a mix-up of the two runs."""
    cases = []
    for number, lengths, size in ((0, (6, 4), 5), (1, (5, 7, 2), 4), (0, (3,), 6), (1, (5, 3), 5)):
        memory, allowed = _sentences(draw, lengths)
        for below in (0, 1):
            memory = my_encoder_layer(trained_layer("encoder", below), memory, allowed)
        embedding = _model().target_embedding
        x = embedding(draw.below(len(embedding.table), len(lengths), size))
        if number == 1:
            x = my_decoder_layer(trained_layer("decoder", 0), x, memory, allowed)
        cases.append((trained_layer("decoder", number), x, memory, allowed))
    return cases
