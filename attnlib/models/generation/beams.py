"""Beam search: the K likeliest beginnings live on, not one (Lowerre, 1976; Sutskever et al., 2014).

    step 1    on −0.1         in −2.4                    width 2: two beginnings live on
    step 2    on the −0.3     on a −2.0                  both may come from the same one
    step 3    on the mat −0.4      …

log P(Y) = Σᵢ log p(yᵢ | what is before) only falls as a text grows, so short ones win. Texts that
ended are therefore compared by log P(Y) / |Y|^α, their end counted as a word.
"""

from typing import NamedTuple

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor

from attnlib.checks import check_at_least, check_number
from attnlib.masks import Mask
from attnlib.models.generation._language_model import LanguageModel, check_writing
from attnlib.models.generation._reader import Reader


class Beams(NamedTuple):
    """The best text of each row, filled up with `end`, and its log P(Y) / |Y|^α."""

    tokens: Int[Tensor, "B T+N"]
    score: Float[Tensor, " B"]


def beam_search(
    model: LanguageModel,
    tokens: Int[Tensor, "B T"],
    *,
    length: int,
    width: int = 4,
    alpha: float = 1.0,
    end: int | None = None,
    padding: Int[Tensor, " B"] | None = None,
    mask: Mask | None = None,
) -> Beams:
    """The likeliest way to go on that a search finds which keeps `width` beginnings per row.

        score(Y) = log P(Y) / |Y|^α

    - `width`: K. 1 is greedy; as many as there are texts of that length finds the likeliest.
    - `alpha`: 0 compares log P, 1 the mean per token; without an `end` all are equally long.
    - `length`, `end`, `padding`, `mask`: as in `generate`. A text without an end after `length`
      tokens counts as ended. The search stops when nothing that still runs can win.

    Raises as `generate` does, and TypeError or ValueError for a width below 1 or a negative alpha.
    """
    check_writing(model, tokens, length, end)
    check_at_least(1, "width", width)
    check_number("alpha", alpha)
    if alpha < 0:
        raise ValueError(f"alpha must be 0 or more, got {alpha}")
    if length == 0:
        return Beams(tokens, torch.zeros(len(tokens), device=tokens.device))
    with torch.inference_mode():
        said, score = _searched(model, tokens, length, width, alpha, end, padding, mask)
        text = torch.cat((tokens, said), dim=1)
    return Beams(text.clone(), score.clone())


def _searched(
    model: LanguageModel,
    tokens: Int[Tensor, "B T"],
    length: int,
    width: int,
    alpha: float,
    end: int | None,
    padding: Int[Tensor, " B"] | None,
    mask: Mask | None,
) -> tuple[Int[Tensor, "B N"], Float[Tensor, " B"]]:
    """What the best text of each row says behind its tokens, and its score."""
    batch = len(tokens)
    caches = model.caches(tokens.shape[1] + length)
    read = Reader(model, caches, mask=mask, padding=padding)
    logits = read(tokens)
    said, log_p = tokens[:, None, :0], logits.new_zeros(batch, 1)  # (B, K, N), (B, K): K = 1
    best, best_score = tokens[:, :0], logits.new_full((batch,), -torch.inf)
    for step in range(1, length + 1):
        parents, longer, values = _extended(said, log_p, logits, 2 * width)
        ended = longer[:, :, -1] == end if end is not None else torch.zeros_like(values).bool()

        done = ended[:, :width] | (step == length)
        score = (values[:, :width] / step**alpha).masked_fill(~done, -torch.inf)
        top = score.max(dim=1)
        better = top.values > best_score
        fresh = longer[torch.arange(batch), top.indices]
        best = F.pad(best, (0, 1), value=0 if end is None else end).where(~better[:, None], fresh)
        best_score = torch.maximum(best_score, top.values)

        # Of twice as many, `width` go on, even where each of the first `width` has an end.
        alive = values.masked_fill(ended, -torch.inf).topk(min(width, values.shape[1]), dim=1)
        log_p, said = alive.values, _picked(longer, alive.indices)
        highest = log_p[:, 0] / length**alpha  # log P only falls, and no text grows longer
        if step == length or bool((best_score >= highest).all()):
            break
        first = torch.arange(0, len(logits), len(logits) // batch, device=logits.device)[:, None]
        rows = (first + parents.gather(1, alive.indices)).flatten()
        for cache in caches:
            cache.select(rows)
        if padding is not None and said.shape[1] * batch != len(logits):  # there are more rows now
            hidden = padding.repeat_interleave(said.shape[1])
            read = Reader(model, caches, mask=mask, padding=hidden)
        logits = read(said[:, :, -1:].flatten(0, 1))
    return best, best_score


def _extended(
    said: Int[Tensor, "B K N"], log_p: Float[Tensor, "B K"], logits: Tensor, count: int
) -> tuple[Int[Tensor, "B C"], Int[Tensor, "B C N+1"], Float[Tensor, "B C"]]:
    """The `count` likeliest texts that are a word longer: of which they are, whole, and log P."""
    words = logits.shape[-1]
    log_next = logits.log_softmax(dim=-1).unflatten(0, log_p.shape)  # (B, K, V)
    candidates = (log_p[:, :, None] + log_next).flatten(1)
    top = candidates.topk(min(count, candidates.shape[1]), dim=1)
    parents, word = top.indices // words, top.indices % words
    longer = torch.cat((_picked(said, parents), word[:, :, None].to(said.dtype)), dim=2)
    return parents, longer, top.values


def _picked(texts: Int[Tensor, "B K N"], which: Int[Tensor, "B C"]) -> Int[Tensor, "B C N"]:
    return texts.gather(1, which[:, :, None].expand(-1, -1, texts.shape[2]))
