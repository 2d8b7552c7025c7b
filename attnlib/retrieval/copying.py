"""Copying: a word comes from the vocabulary or from the source, as the model likes.

(See et al., 2017, pointer-generator networks, section 2.2.)
"""

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from attnlib.checks import check_sequence, checked, lowest_and_highest, weight_of
from attnlib.precision import at_least_float32


class GenerationGate(nn.Module):
    """p_gen = σ(w_c·context + w_s·state + w_x·input + b): how far to generate (equation 8).

    Each of the three is (B, T, its size); `context` is what attention brought.
    """

    def __init__(self, context_size: int, state_size: int, *, input_size: int) -> None:
        super().__init__()
        self.sizes = context_size, state_size, input_size
        self.gate = nn.Linear(sum(self.sizes), 1)

    @checked
    def forward(
        self,
        context: Float[Tensor, "B T C"],
        state: Float[Tensor, "B T S"],
        input: Float[Tensor, "B T X"],
    ) -> Float[Tensor, "B T 1"]:
        parts = {"context": context, "state": state, "input": input}
        weight = weight_of(self.gate)
        if weight is not None:
            for (name, part), own in zip(parts.items(), weight.split(self.sizes, 1), strict=True):
                check_sequence(name, part, own)
        return self.gate(torch.cat(tuple(parts.values()), dim=-1)).sigmoid()


@checked
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
    if new_words < 0:
        raise ValueError(f"new_words must be 0 or more, got {new_words}")
    words = vocabulary.shape[-1] + new_words
    found = lowest_and_highest(source)
    if found is not None and (found[0] < 0 or found[1] >= words):
        raise ValueError(f"source must hold numbers of words, from 0 to {words - 1}")

    generate, weights = at_least_float32(generate), at_least_float32(weights)
    mixed = nn.functional.pad(generate * vocabulary, (0, new_words))
    places = source.long().unsqueeze(1).expand_as(weights)
    return mixed.scatter_add(-1, places, (1 - generate) * weights).to(vocabulary.dtype)
