"""What the translators can do on held-out sentences: python -m course.translation."""

from collections.abc import Sequence
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from attnlib.models.rnn_seq2seq import RecurrentTranslator
from course.data.translation import Corpus, Pair
from course.translation.alignment import (
    alignment_error_rate,
    attention_links,
    best_choice,
    hit_rate,
)
from course.translation.translator import Translator

BUCKETS = ((3, 5), (6, 8), (9, 11), (12, 14), (15, 17), (18, 20), (21, 24), (25, 30))
BATCH_SIZE = 128
EXAMPLE = "the cat sat on the mat"


def measure(translator: Translator, corpus: Corpus) -> dict[str, Any]:
    """Everything this file measures; shares are between 0 and 1."""
    metrics: dict[str, Any] = {
        "exact": exact_match(translator, corpus.test),
        "exact_by_length": exact_by_length(translator, corpus.test + corpus.longer),
        "example": {EXAMPLE: str(translator(EXAMPLE))},
    }
    if translator(EXAMPLE).weights:
        choice = best_choice(translator, corpus.valid)
        found = attention_links(translator, corpus.test, choice)
        metrics["alignment"] = {
            "layer": choice.layer,
            "heads": list(choice.heads),
            "hit_rate": hit_rate(found, corpus.test),
            "error_rate": alignment_error_rate(found, corpus.test),
        }
    return metrics


def exact_match(translator: Translator, pairs: Sequence[Pair]) -> float:
    """The share of sentences translated word for word as the corpus has them."""
    right = _exact(translator, pairs)
    return sum(right) / len(right)


def exact_by_length(translator: Translator, pairs: Sequence[Pair]) -> dict[str, float]:
    """The same by the number of source words: {"3-5": 1.0, …}; empty buckets are left out."""
    right = _exact(translator, pairs)
    shares = {}
    for low, high in BUCKETS:
        inside = [
            ok for ok, pair in zip(right, pairs, strict=True) if low <= len(pair.source) <= high
        ]
        if inside:
            shares[f"{low}-{high}"] = sum(inside) / len(inside)
    return shares


def _exact(translator: Translator, pairs: Sequence[Pair]) -> list[bool]:
    right = []
    for first in range(0, len(pairs), BATCH_SIZE):
        some = pairs[first : first + BATCH_SIZE]
        written = translator.greedy([pair.source for pair in some])
        right += [tuple(w) == pair.target for w, pair in zip(written, some, strict=True)]
    return right


def gradient_by_place(translator: Translator, pair: Pair, row: int = -1) -> Float[Tensor, " S"]:
    """How much each source word could change one predicted word: ‖∂ log p(wordᵢ) / ∂ xⱼ‖.

    xⱼ is the embedding of source word j. A place whose gradient is tiny has no say, and cannot
    learn to have one.
    """
    embedded: list[Tensor] = []
    recurrent = isinstance(translator.model, RecurrentTranslator)
    name = "encoder.embedding" if recurrent else "source_embedding"
    hook = translator.model.get_submodule(name).register_forward_hook(
        lambda module, inputs, x: embedded.append(x)
    )
    source, lengths, target = translator.batch([pair.source], [pair.target])
    try:
        logits = translator.model(source, lengths, target[:, :-2])[0, row]
    finally:
        hook.remove()
    word = target[0, 1:-1][row]
    (gradient,) = torch.autograd.grad(logits.log_softmax(dim=-1)[word], embedded[0])
    return gradient[0].norm(dim=-1)
