"""One token after another: the likeliest, or one drawn.

tokens          the cat sat
step 1          the cat sat  on            all read once, their keys and values kept
step 2          the cat sat  on  the       only `on` is read
"""

from collections.abc import Sequence

import torch
from jaxtyping import Int
from torch import Tensor

from attnlib.caches import Cache
from attnlib.masks import Mask
from attnlib.models.generation._choice import Choice
from attnlib.models.generation._language_model import LanguageModel, check_writing
from attnlib.models.generation._reader import Reader


def generate(
    model: LanguageModel,
    tokens: Int[Tensor, "B T"],
    *,
    length: int,
    temperature: float = 0.0,
    top_k: int | None = None,
    top_p: float = 1.0,
    generator: torch.Generator | None = None,
    end: int | None = None,
    padding: Int[Tensor, " B"] | None = None,
    mask: Mask | None = None,
    caches: Sequence[Cache] | None = None,
) -> Int[Tensor, "B T+N"]:
    """The tokens, and at most `length` more: xₜ = argmax p(x | x₁ … xₜ₋₁), or drawn from p.

    - `temperature`: 0 takes the likeliest token, always (greedy); above 0 one is drawn from
      `sampling.distribution(logits, temperature=…, top_k=…, top_p=…)`.
    - `generator`: where chance comes from; the same one in the same state writes the same text.
    - `end`: the token that ends a row. What comes behind it is `end` again, and when every row has
      ended the rest is not written: N ≤ `length`.
    - `padding`: how many tokens at the left of each row are none. A row is written as if alone.
    - `mask`: hides more than the future from each token, `Window(W)` with sliding caches.
    - `caches`: one per layer, by default `model.caches(T + length)`. In those that hold tokens
      already, `tokens` come behind them.

        >>> generate(model, torch.tensor([[1, 2, 3]]), length=2).shape
        torch.Size([1, 5])

    Raises TypeError or ValueError for tokens that are not (B, T) integers or none, a length below
    0, a negative temperature, top_k or top_p out of range, a model in training mode, and what the
    model refuses.
    """
    check_writing(model, tokens, length, end)
    choice = Choice(temperature, top_k, top_p)
    if caches is None:
        caches = model.caches(tokens.shape[1] + length)
    written = [tokens]
    going = torch.ones(len(tokens), dtype=torch.bool, device=tokens.device)
    read = Reader(model, caches, mask=mask, padding=padding)
    with torch.inference_mode():
        for _ in range(length):
            logits = read(written[-1])
            word = choice.take(logits, generator)
            if end is not None:
                word = word.where(going, end)
                going = going & (word != end)
            written.append(word[:, None].to(tokens.dtype))
            if end is not None and not going.any():
                break
    return torch.cat(written, dim=1)
