"""What attention has to beat: the next token from counts of the last few before it.

    p(c | h) = (count(h c) + kinds(h) · p(c | h′)) / (count(h) + kinds(h))

h is what came before, h′ the same without its first token, kinds(h) how many different tokens have
followed h. So what was seen often is believed, and what was seen seldom asks a shorter memory
(Witten & Bell, 1991, method C; a mixture at every length, as in Chen & Goodman, 1999).

Only what was read is stored: 80⁶ stretches of six characters are possible, the plays have 681,106.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor


@dataclass(frozen=True, eq=False)
class Counts:
    """What was read of stretches of one length, each a whole number: its tokens as digits.

    `histories` are the same without their last token; `totals` and `kinds` say how often each was
    followed by something, and by how many different tokens.
    """

    words: int
    stretches: Int[Tensor, " N"]
    counts: Int[Tensor, " N"]
    histories: Int[Tensor, " M"]
    totals: Int[Tensor, " M"]
    kinds: Int[Tensor, " M"]

    def find(self, wanted: Int[Tensor, "W length"]) -> tuple[Tensor, Tensor, Tensor]:
        """count(h c), count(h) and kinds(h) of each stretch h c; 0 for what was never read."""
        number = numbered(wanted, self.words)
        here, read = _places(self.stretches, number)
        there, known = _places(self.histories, number // self.words)
        return self.counts[here] * read, self.totals[there] * known, self.kinds[there] * known


@dataclass(frozen=True, eq=False)
class NGram:
    """p(c | h) for every h of `order` − 1 tokens: 1 is the unigram, 3 the trigram."""

    words: int
    tables: Sequence[Counts]

    @property
    def order(self) -> int:
        """How many tokens it counts together."""
        return len(self.tables)

    @property
    def entries(self) -> int:
        """How many counts its longest table has."""
        return len(self.tables[-1].stretches)

    def shorter(self, order: int) -> "NGram":
        """The same with less memory. Raises ValueError for an order below 1 or above its own."""
        if not 1 <= order <= self.order:
            raise ValueError(f"order must lie between 1 and {self.order}, got {order}")
        return NGram(self.words, self.tables[:order])

    def surprise(self, tokens: Int[Tensor, " T"]) -> Float[Tensor, " T-order+1"]:
        """−ln p of each token that has a whole history before it, in nats."""
        return -self._mixed(tokens.unfold(0, self.order, 1)).log()

    def next(self, history: Sequence[int]) -> Float[Tensor, " V"]:
        """The probability of each token to come after the last `order` − 1 of the history.

        Raises ValueError for a shorter history.
        """
        if len(history) < self.order - 1:
            raise ValueError(f"history must have {self.order - 1} tokens, got {len(history)}")
        last = torch.tensor([*history[len(history) - self.order + 1 :], 0])
        stretches = last.repeat(self.words, 1)
        stretches[:, -1] = torch.arange(self.words)
        return self._mixed(stretches)

    def _mixed(self, stretches: Int[Tensor, "N order"]) -> Float[Tensor, " N"]:
        """The formula above, from the unigram up."""
        p = torch.full((len(stretches),), 1 / self.words, dtype=torch.float64)
        for length, table in enumerate(self.tables, start=1):
            count, total, kinds = table.find(stretches[:, self.order - length :])
            p = torch.where(total > 0, (count + kinds * p) / (total + kinds).clamp(min=1), p)
        return p


def learn(tokens: Int[Tensor, " T"], *, words: int, order: int) -> NGram:
    """Count every stretch of up to `order` tokens; `words` is V.

    Raises ValueError for an order below 1, and for one so large that whole numbers run out.
    """
    if order < 1:
        raise ValueError(f"order must be at least 1, got {order}")
    if words**order > torch.iinfo(torch.long).max:
        raise ValueError(f"order must be shorter: {words}^{order} stretches are too many to number")
    return NGram(words, [counted(tokens, words, length) for length in range(1, order + 1)])


def counted(tokens: Int[Tensor, " T"], words: int, length: int) -> Counts:
    """The stretches of one length, and their histories."""
    stretches, counts = numbered(tokens.unfold(0, length, 1), words).unique(return_counts=True)
    histories, kinds = (stretches // words).unique(return_counts=True)
    whose = torch.searchsorted(histories, stretches // words)
    totals = torch.zeros_like(histories).index_add(0, whose, counts)
    return Counts(words, stretches, counts, histories, totals, kinds)


def numbered(stretches: Int[Tensor, "N length"], words: int) -> Int[Tensor, " N"]:
    """One whole number per stretch: its tokens as digits to the base V."""
    number = torch.zeros(len(stretches), dtype=torch.long)
    for token in stretches.unbind(1):
        number = number * words + token
    return number


def _places(ordered: Int[Tensor, " M"], wanted: Int[Tensor, " N"]) -> tuple[Tensor, Tensor]:
    """Where each of the wanted stands, and whether it is there at all."""
    place = torch.searchsorted(ordered, wanted).clamp(max=len(ordered) - 1)
    return place, ordered[place] == wanted
