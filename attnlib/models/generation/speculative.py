"""Speculative decoding: a small model guesses, the large one reads all guesses at once.

    draft    guesses   on  a   mat      one token after another, cheaply, each drawn from its q
    model    reads     on  a   mat      in one pass: p of each place, and of the one behind
    kept               on               each with chance min(1, p/q), up to the first refused
    new                    the          in its place, drawn from max(0, p − q) / Σ

The text is distributed as the model's own, whatever the draft guesses (Leviathan et al., 2023,
appendix A.1; Chen et al., 2023): a word comes with chance min(p, q) as a guess that is kept, and
with (1 − Σ min(p, q)) · max(0, p − q) / Σ max(0, p − q) = p − min(p, q) in place of another.
"""

from typing import NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Tensor

from attnlib.checks import check_at_least, checked
from attnlib.models.generation._choice import Choice, drawn, uniform
from attnlib.models.generation._language_model import LanguageModel, check_writing
from attnlib.models.generation._reader import Reader


class Speculation(NamedTuple):
    """The text; how many tokens the draft guessed for it, and how many of those were kept."""

    tokens: Int[Tensor, "1 T+N"]
    guessed: int
    accepted: int


def speculate(
    model: LanguageModel,
    draft: LanguageModel,
    tokens: Int[Tensor, "1 T"],
    *,
    length: int,
    guesses: int = 4,
    temperature: float = 0.0,
    top_k: int | None = None,
    top_p: float = 1.0,
    generator: torch.Generator | None = None,
    end: int | None = None,
) -> Speculation:
    """What `generate(model, tokens, …)` writes, in fewer passes through the model.

    At temperature 0 it is the same text; above, one of the same distribution, by other draws.
    (Leviathan et al., 2023, algorithm 1.)

    - `draft`: another model of the same tokens, from which the same choices draw.
    - `guesses`: γ, how many tokens it writes before the model reads them.
    - the others: as in `generate`. One text at a time, since rows would keep unequal numbers.

        >>> text, guessed, accepted = speculate(model, model, tokens, length=6)
        >>> guessed == accepted  # a draft that is the model itself is never refused
        True

    Raises as `generate` does, and ValueError for more rows than one, fewer guesses than 1, or a
    draft of another number of tokens.
    """
    check_writing(model, tokens, length, end)
    check_writing(draft, tokens, length, end)
    check_at_least(1, "guesses", guesses)
    if tokens.shape[0] != 1:
        raise ValueError(f"tokens must be one text, (1, T), got {tuple(tokens.shape)}")
    choice = Choice(temperature, top_k, top_p)
    text, goal = tokens, tokens.shape[1] + length
    caches, draft_caches = model.caches(goal), draft.caches(goal)
    guess = Reader(draft, draft_caches)
    guessed, accepted, going = 0, 0, True
    with torch.inference_mode():
        while going and text.shape[1] < goal:
            count = min(guesses, goal - text.shape[1] - 1)
            longer, chances = _guessed(guess, text, count, choice, generator)
            unread = longer[:, caches[0].length :]
            target = choice.chances(model(unread, caches=caches, last=count + 1)[0])
            drafted = torch.cat(chances) if chances else target[:0]
            words = longer[0, text.shape[1] :]
            new = accept(target, drafted, words, generator=generator)
            guessed, accepted = guessed + count, accepted + len(new) - 1
            if end is not None and end in (said := new.tolist()):
                new, going = new[: said.index(end) + 1], False
            text = torch.cat((text, new[None].to(text.dtype)), dim=1)
            for cache in (*caches, *draft_caches):  # refused guesses; and the newest is unread
                cache.crop(min(cache.length, text.shape[1] - 1))
    return Speculation(text.clone(), guessed, accepted)


@checked
def accept(
    target: Float[Tensor, "N+1 V"],
    draft: Float[Tensor, "N V"],
    words: Int[Tensor, " N"],
    *,
    generator: torch.Generator | None = None,
) -> Int[Tensor, " K"]:
    """The guessed words that stay, and one more: of the draft's guesses, the target's words.

    - `target`: p, of the model, at each guess and behind the last. `draft`: q, of each guess.

    Guess i stays with chance min(1, pᵢ(wᵢ)/qᵢ(wᵢ)). The first that does not is replaced by a word
    from max(0, pᵢ − qᵢ) / Σ, and the rest is gone; behind N that stayed comes one from p_N.

    Raises ValueError unless p has one row more than q, of as many words.
    """
    count = len(words)
    if len(target) != count + 1:
        raise ValueError(
            f"target must have {count + 1} rows, one more than words; got {len(target)}"
        )
    chance = uniform(count, target.device, generator)
    places = torch.arange(count, device=words.device)
    stays = chance * draft[places, words] < target[places, words]
    kept = int(stays.long().cumprod(dim=0).sum())
    last = target[kept] if kept == count else residual(target[kept], draft[kept])
    return torch.cat((words[:kept], drawn(last[None], generator)))


@checked
def residual(target: Float[Tensor, " V"], draft: Float[Tensor, " V"]) -> Float[Tensor, " V"]:
    """max(0, p − q) / Σ max(0, p − q): what the model says more often than the draft does.

    Where the two are equal up to rounding, and nothing is left, it is p.
    """
    more = (target - draft).clamp(min=0)
    total = more.sum()
    return torch.where(total > 0, more / total, target)


def _guessed(
    guess: Reader,
    text: Int[Tensor, "1 T"],
    count: int,
    choice: Choice,
    generator: torch.Generator | None,
) -> tuple[Int[Tensor, "1 T+N"], list[Float[Tensor, "1 V"]]]:
    """The text with `count` more words of the draft, and the chances each was drawn from."""
    chances = []
    for _ in range(count):
        unread = text[:, guess.caches[0].length :]
        chances.append(choice.chances(guess(unread)))
        text = torch.cat((text, drawn(chances[-1], generator)[:, None].to(text.dtype)), dim=1)
    return text, chances
