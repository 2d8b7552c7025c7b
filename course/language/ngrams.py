"""What attention has to beat: the next token from counts of the last one or two before it.

    p(c | h) = (count(h c) + kinds(h) · p(c | h′)) / (count(h) + kinds(h))

h is what came before, h′ the same without its first token, kinds(h) how many different tokens have
followed h. So what was seen often is believed, and what was seen seldom asks a shorter memory
(Witten & Bell, 1991, method C; a mixture at every length, as in Chen & Goodman, 1999).
"""

import torch
from jaxtyping import Float, Int
from torch import Tensor


def ngram(tokens: Int[Tensor, " T"], words: int, order: int) -> Float[Tensor, "*history V"]:
    """p(c | h) for every h of `order` − 1 tokens: a table (V, …, V) whose rows sum to 1.

    Order 1 is the unigram, without memory; 3 the trigram. Raises ValueError for an order below 1.
    """
    if order < 1:
        raise ValueError(f"order must be at least 1, got {order}")
    shorter = ngram(tokens, words, order - 1) if order > 1 else torch.tensor(1 / words)
    counts = table_of_counts(tokens, words, order)
    total = counts.sum(dim=-1, keepdim=True)
    kinds = (counts > 0).sum(dim=-1, keepdim=True)
    mixed = (counts + kinds * shorter) / (total + kinds).clamp(min=1)
    return torch.where(total > 0, mixed, shorter)


def table_of_counts(
    tokens: Int[Tensor, " T"], words: int, order: int
) -> Float[Tensor, "*history V"]:
    """How often each sequence of `order` tokens occurs: (V, …, V), in float64."""
    stretches = tokens.unfold(0, order, 1)  # (T − order + 1, order)
    place = torch.zeros(len(stretches), dtype=torch.long)
    for token in stretches.unbind(1):
        place = place * words + token
    return torch.bincount(place, minlength=words**order).double().view([words] * order)


def surprise(
    tokens: Int[Tensor, " T"], table: Float[Tensor, "*history V"]
) -> Float[Tensor, " T-order+1"]:
    """−ln p of each token that has a whole history before it, in nats."""
    return -table[tokens.unfold(0, table.dim(), 1).unbind(1)].log()
