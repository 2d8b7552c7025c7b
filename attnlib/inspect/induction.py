"""Induction heads: they find where the present token stood before, and look at what followed it.

    text      … A B … A          the head at the second A looks at B, so that B can be copied

(Elhage et al., 2021; Olsson et al., 2022.) They are measured on random tokens that come twice: what
follows in the second half can be known from the first half only.
"""

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional as F

from attnlib.inspect.recording import record_attention


def repeated(words: int, length: int, *, batch: int, seed: int) -> Int[Tensor, "B 2*length"]:
    """`length` different tokens below `words` in random order, and the same once more.

    Raises ValueError when there are fewer than `length` words.
    """
    if length > words:
        raise ValueError(f"length must be at most {words}, the number of words; got {length}")
    drawn = torch.rand(batch, words, generator=torch.Generator().manual_seed(seed))
    once = drawn.argsort(dim=1)[:, :length]
    return torch.cat((once, once), dim=1)


def periodic(
    words: int, length: int, *, periods: range, batch: int, seed: int
) -> Int[Tensor, "B length"]:
    """Different tokens in random order that start anew after a period drawn for each sequence.

    So no fixed distance leads to what follows: one has to look for the present token.
    Raises ValueError when a period is longer than there are words.
    """
    if periods[-1] > words:
        raise ValueError(f"periods must be at most {words}, the number of words; got {periods}")
    source = torch.Generator().manual_seed(seed)
    order = torch.rand(batch, words, generator=source).argsort(dim=1)
    period = torch.randint(periods.start, periods.stop, (batch, 1), generator=source)
    return order.gather(1, torch.arange(length) % period)


@torch.no_grad()
def scores(model: nn.Module, tokens: Int[Tensor, "B 2*length"]) -> Float[Tensor, "layers H"]:
    """Each head's mean weight from a token of the second half to the one after its first place.

    (The prefix-matching score of Olsson et al., 2022.) Raises ValueError when the second half of
    `tokens` is not the first once more.
    """
    length = _check_repeated(tokens)
    with record_attention(model) as maps:
        model(tokens)
    here = torch.arange(length, 2 * length - 1)  # queries of the second half
    after = here - length + 1  # the key after the first place of the same token
    return torch.stack([seen.weights[:, :, here, after].mean(dim=(0, 2)) for seen in maps.values()])


@torch.no_grad()
def losses(model: nn.Module, tokens: Int[Tensor, "B 2*length"]) -> tuple[float, float]:
    """Nats per token in the first half, where nothing can be known, and in the second."""
    length = _check_repeated(tokens)
    logits, following = model(tokens)[:, :-1], tokens[:, 1:]
    each = F.cross_entropy(logits.mT, following, reduction="none")
    return each[:, : length - 1].mean().item(), each[:, length:].mean().item()


def _check_repeated(tokens: Int[Tensor, "B 2*length"]) -> int:
    """The length of a half; ValueError unless the halves are equal."""
    length = tokens.shape[1] // 2
    if not torch.equal(tokens[:, :length], tokens[:, length:]):
        raise ValueError("tokens must be the same sequence twice, but its halves differ")
    return length
