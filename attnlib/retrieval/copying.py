"""Copying: a word comes from the vocabulary or from the source, as the model likes.

(See et al., 2017, pointer-generator networks, section 2.2.)
"""

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from attnlib.checks import check_sequence
from attnlib.scores import at_least_float32


class GenerationGate(nn.Module):
    """p_gen = σ(w_c·context + w_s·state + w_x·input + b): how far to generate (equation 8).

    Each of the three is (B, T, its size); `context` is what attention brought.
    """

    def __init__(self, context_size: int, state_size: int, input_size: int) -> None:
        super().__init__()
        self.sizes = context_size, state_size, input_size
        self.gate = nn.Linear(sum(self.sizes), 1)

    def forward(
        self,
        context: Float[Tensor, "B T C"],
        state: Float[Tensor, "B T S"],
        input: Float[Tensor, "B T X"],
    ) -> Float[Tensor, "B T 1"]:
        parts = (context, state, input)
        for name, part, size in zip(("context", "state", "input"), parts, self.sizes, strict=True):
            check_sequence(name, part, size)
        return self.gate(torch.cat(parts, dim=-1)).sigmoid()


def copy_or_generate(
    generate: Float[Tensor, "B Tq 1"],
    vocabulary: Float[Tensor, "B Tq V"],
    weights: Float[Tensor, "B Tq Tk"],
    source: Int[Tensor, "B Tk"],
    *,
    new_words: int = 0,
) -> Float[Tensor, "B Tq V+new"]:
    """P(w) = p_gen · P_vocabulary(w) + (1 − p_gen) · Σ weightsⱼ over the j with source word w.

    (Equation 9.) `source` holds the words' numbers. A word that the vocabulary lacks can be copied:
    number it from V on, and say in `new_words` how many there are. Probabilities, not logits.
    Raises ValueError when the shapes do not fit, TypeError when `source` is not integer.
    """
    check_sequence("vocabulary", vocabulary, vocabulary.shape[-1])
    batch, queries = vocabulary.shape[:2]
    wanted = {"generate": (generate, 1), "weights": (weights, source.shape[-1])}
    for name, (states, last) in wanted.items():
        if states.shape != (batch, queries, last):
            raise ValueError(
                f"{name} must have the axes {(batch, queries, last)}, got {tuple(states.shape)}"
            )
    if source.dtype.is_floating_point or source.dtype == torch.bool:
        raise TypeError(f"source must hold the numbers of words, got {source.dtype}")
    if source.dim() != 2 or len(source) != batch:
        raise ValueError(f"source must have the axes ({batch}, Tk), got {tuple(source.shape)}")
    if new_words < 0:
        raise ValueError(f"new_words must be 0 or more, got {new_words}")

    generate, weights = at_least_float32(generate), at_least_float32(weights)
    mixed = nn.functional.pad(generate * vocabulary, (0, new_words))
    words = source.long().unsqueeze(1).expand_as(weights)
    return mixed.scatter_add(-1, words, (1 - generate) * weights).to(vocabulary.dtype)
