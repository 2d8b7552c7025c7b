"""Location-sensitive attention: where to look also follows from where one looked before.

(Chorowski et al., 2015, section 2.2.) Speech repeats itself; a reader who knows its last place does
not jump back to an earlier, equal sound.
"""

from functools import partial

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from attnlib.attention import Attended, attention
from attnlib.masks import Dense, Mask
from attnlib.scores import at_least_float32


class LocationSensitiveAttention(nn.Module):
    """eᵢⱼ = vᵀ tanh(W qᵢ + U kⱼ + L fᵢⱼ + b), with fᵢ = F ∗ αᵢ₋₁ (equations 8 and 9).

    The weights of the last step, αᵢ₋₁, pass through `filters` learned filters F, each `width` keys
    wide (odd, so that it has a middle); a step cannot begin before the last one is done. Before the
    first step nothing has been looked at: α₀ = 0. Heads share the parameters.
    """

    def __init__(
        self, query_size: int, key_size: int, hidden_size: int, *, filters: int, width: int
    ) -> None:
        super().__init__()
        if width < 1 or width % 2 == 0:
            raise ValueError(f"width must be odd and at least 1, got {width}")
        self.query = nn.Linear(query_size, hidden_size)
        self.key = nn.Linear(key_size, hidden_size, bias=False)
        self.filter = nn.Conv1d(1, filters, width, padding=width // 2, bias=False)
        self.location = nn.Linear(filters, hidden_size, bias=False)
        self.combine = nn.Linear(hidden_size, 1, bias=False)

    def forward(
        self,
        query: Float[Tensor, "B H Tq D"],
        key: Float[Tensor, "B H Tk K"],
        value: Float[Tensor, "B H Tk Dv"],
        *,
        mask: Mask | Bool[Tensor, "*BH #Tq #Tk"] | None = None,
    ) -> tuple[Float[Tensor, "B H Tq Dv"], Float[Tensor, "B H Tq Tk"]]:
        """The steps of all queries in order: outputs and weights."""
        mask = Dense(mask) if isinstance(mask, Tensor) else mask
        lengths = query.shape[2], key.shape[2]
        outputs, weights, last = [], [], None
        for place, states in enumerate(query.unbind(2)):
            row = slice(place, place + 1)
            seen = mask and Dense(mask.dense(*lengths, rows=row, device=query.device))
            attended = self.step(states.unsqueeze(2), key, value, last, mask=seen)
            last = attended.rows(slice(None))
            outputs.append(attended.output)
            weights.append(last)
        return torch.cat(outputs, dim=2), torch.cat(weights, dim=2)

    def step(
        self,
        query: Float[Tensor, "B H 1 D"],
        key: Float[Tensor, "B H Tk K"],
        value: Float[Tensor, "B H Tk Dv"],
        last: Float[Tensor, "B H 1 Tk"] | None = None,
        *,
        mask: Mask | None = None,
    ) -> Attended:
        """One decoding step; its `.weights` are the next step's `last`."""
        return attention(query, key, value, mask=mask, score=partial(self.score, last))

    def score(
        self,
        last: Float[Tensor, "B H 1 Tk"] | None,
        query: Float[Tensor, "B H 1 D"],
        key: Float[Tensor, "B H Tk K"],
        scale: float | None,
    ) -> Float[Tensor, "B H 1 Tk"]:
        """How well each key fits the query and the weights of the step before."""
        for name, states, wanted in (("query", query, self.query), ("key", key, self.key)):
            if states.shape[-1] != wanted.in_features:
                size = states.shape[-1]
                raise ValueError(f"{name} has size {size}, but expected is {wanted.in_features}")
        hidden = self.query(query) + self.key(key)  # (B, H, Tk, hidden)
        if last is not None:
            if last.shape != (*query.shape[:3], key.shape[2]):
                wanted_shape = (*query.shape[:3], key.shape[2])
                raise ValueError(f"last must be {wanted_shape}, got {tuple(last.shape)}")
            found = self.filter(last.flatten(0, 2).unsqueeze(1).to(hidden))  # (B·H, filters, Tk)
            hidden = hidden + self.location(found.mT).unflatten(0, query.shape[:2])
        scores = at_least_float32(self.combine(hidden.tanh())).mT
        return scores if scale is None else scores * scale
