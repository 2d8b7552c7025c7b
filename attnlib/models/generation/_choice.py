"""How the next token is taken: the likeliest, or one drawn."""

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from attnlib.models.generation.sampling import distribution, draw


@dataclass(frozen=True)
class Choice:
    """The likeliest token at a temperature of 0, else one drawn from `distribution`.

    Raises ValueError unless 0 ≤ temperature, 1 ≤ top_k and 0 < top_p ≤ 1.
    """

    temperature: float = 0.0
    top_k: int | None = None
    top_p: float = 1.0

    def __post_init__(self) -> None:
        if not self.temperature >= 0:
            raise ValueError(f"temperature must be 0 or more, got {self.temperature}")
        if self.top_k is not None and self.top_k < 1:
            raise ValueError(f"top_k must be at least 1, got {self.top_k}")
        if not 0 < self.top_p <= 1:
            raise ValueError(f"top_p must be above 0 and at most 1, got {self.top_p}")

    def chances(self, logits: Float[Tensor, "*B V"]) -> Float[Tensor, "*B V"]:
        """p of each token: all on the likeliest when there is no temperature."""
        if self.temperature == 0:
            likeliest = logits.argmax(dim=-1, keepdim=True)
            return torch.zeros_like(logits).scatter(-1, likeliest, 1.0)
        return distribution(
            logits, temperature=self.temperature, top_k=self.top_k, top_p=self.top_p
        )

    def take(
        self, logits: Float[Tensor, "B V"], generator: torch.Generator | None
    ) -> Int[Tensor, " B"]:
        if self.temperature == 0:
            return logits.argmax(dim=-1)
        return drawn(self.chances(logits), generator)


def drawn(chances: Float[Tensor, "B V"], generator: torch.Generator | None) -> Int[Tensor, " B"]:
    """A token of each row, as often as its chance says (they need not sum to 1)."""
    return draw(chances, uniform(len(chances), chances.device, generator))


def uniform(
    count: int, device: torch.device, generator: torch.Generator | None
) -> Float[Tensor, " N"]:
    """Numbers from [0, 1), made where the generator is."""
    made = device if generator is None else generator.device
    return torch.rand(count, generator=generator, device=made).to(device)
