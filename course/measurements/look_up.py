"""The look-up task of chapter 04: eight names with a digit each, and one of them asked for."""

from collections.abc import Callable
from functools import partial

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional as F

from attnlib import attention

NAMES, SHOWN, DIGITS = 64, 8, 10
BATCH, EVERY = 64, 10

OPTIMIZERS: dict[str, Callable[..., torch.optim.Optimizer]] = {
    "Adam": torch.optim.Adam,
    "Momentum": partial(torch.optim.SGD, momentum=0.9),
}

Games = tuple[Tensor, Tensor, Tensor, Tensor]


class LookUp(nn.Module):
    """One attention from the name that is asked for to the eight that are shown.

    Query and key start with entries of variance 1. `scale` multiplies the scores; None is 1/√D.
    """

    def __init__(self, scale: float | None, size: int = 512, embedding: int = 32) -> None:
        super().__init__()
        self.scale = scale
        self.name = nn.Embedding(NAMES, embedding)
        self.digit = nn.Embedding(DIGITS, embedding)
        self.query = nn.Linear(embedding, size, bias=False)
        self.key = nn.Linear(embedding, size, bias=False)
        self.say = nn.Linear(embedding, DIGITS)
        for projection in (self.query, self.key):
            nn.init.normal_(projection.weight, std=embedding**-0.5)

    def forward(
        self, names: Int[Tensor, "B K"], digits: Int[Tensor, "B K"], asked: Int[Tensor, " B"]
    ) -> Float[Tensor, "B V"]:
        query = self.query(self.name(asked))[:, None, None]
        key = self.key(self.name(names))[:, None]
        value = self.digit(digits)[:, None]
        return self.say(attention(query, key, value, scale=self.scale).output[:, 0, 0])


def ask(games: int, seed: int) -> Games:
    """Names shown, their digits, the name asked for, and its digit."""
    source = torch.Generator().manual_seed(seed)
    names = torch.rand(games, NAMES, generator=source).argsort(dim=1)[:, :SHOWN]
    digits = torch.randint(DIGITS, (games, SHOWN), generator=source)
    which = torch.randint(SHOWN, (games, 1), generator=source)
    return names, digits, names.gather(1, which)[:, 0], digits.gather(1, which)[:, 0]


def curve(
    scale: float | None, seed: int, *, optimizer: str, rate: float, steps: int, enough: float
) -> list[float]:
    """The share of 1,000 held-out games that is right, every ten steps of training.

    `optimizer` is "Adam", or "Momentum" for gradient descent with momentum 0.9. It ends after
    `steps`, or when a share of `enough` is reached from the hundredth step on.
    """
    torch.manual_seed(seed)
    model, held_out, shares = LookUp(scale), ask(1000, seed=1_000_000), []
    moved = OPTIMIZERS[optimizer](model.parameters(), lr=rate)
    for step in range(steps + 1):
        if step % EVERY == 0:
            with torch.no_grad():
                said = model(*held_out[:3]).argmax(dim=-1)
            shares.append((said == held_out[3]).double().mean().item())
            if step >= 100 and max(shares) >= enough:
                break
        names, digits, asked, answers = ask(BATCH, seed=10_000 * seed + step)
        loss = F.cross_entropy(model(names, digits, asked), answers)
        moved.zero_grad()
        loss.backward()
        moved.step()
    return shares
