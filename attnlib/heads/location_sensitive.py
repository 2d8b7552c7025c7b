"""Location-sensitive attention: where to look also follows from where one looked before.

(Chorowski et al., 2015, section 2.2.) Speech repeats itself; a reader who knows its last place does
not jump back to an earlier, equal sound.
"""

from functools import partial

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from attnlib.attend import Attend
from attnlib.attended import Attended, Weighed
from attnlib.checks import check_goes_with, checked
from attnlib.masks import Dense, Mask, as_mask
from attnlib.masks._laying import blank_unseen
from attnlib.scores import Additive


class LocationSensitiveAttention(nn.Module):
    """eᵢⱼ = vᵀ tanh(W qᵢ + U kⱼ + L fᵢⱼ + b), with fᵢ = F ∗ αᵢ₋₁ (equations 8 and 9).

    The weights of the last step, αᵢ₋₁, pass through `filters` learned filters F, each `width` keys
    wide (odd, so that it has a middle); a step cannot begin before the last one is done. Before the
    first step nothing has been looked at: α₀ = 0. Heads share the parameters. `record_attention`
    finds a call for every step; what stands as their `key` is U k + L f + b.
    """

    def __init__(
        self, query_size: int, key_size: int, *, hidden_size: int, filters: int, width: int
    ) -> None:
        super().__init__()
        if width < 1 or width % 2 == 0:
            raise ValueError(f"width must be odd and at least 1, got {width}")
        self.key_size = key_size
        self.key = nn.Linear(key_size, hidden_size)
        self.filter = nn.Conv1d(1, filters, width, padding=width // 2, bias=False)
        self.location = nn.Linear(filters, hidden_size, bias=False)
        self.attend = Attend(score=Additive(query_size, None, hidden_size))

    @checked
    def forward(
        self,
        query: Float[Tensor, "B H Tq D"],
        key: Float[Tensor, "B H Tk K"],
        value: Float[Tensor, "B H Tk Dv"],
        *,
        mask: Mask | Bool[Tensor, "*BH #Tq #Tk"] | None = None,
    ) -> Weighed:
        """The steps of all queries in order, each with the weights of the one before."""
        mask = as_mask(mask)
        lengths = query.shape[2], key.shape[2]
        if lengths[0] == 0:
            raise ValueError("query must have at least one step, got an empty sequence")
        if mask is not None:
            key = blank_unseen(key, mask.dense(*lengths, device=query.device))
        projected = self._project(key)
        outputs, weights, last = [], [], None
        for place, states in enumerate(query.unbind(2)):
            row = slice(place, place + 1)
            seen = mask and Dense(mask.dense(*lengths, rows=row, device=query.device))
            located = self._locate(projected, last)
            attended = self.attend(states.unsqueeze(2), located, value, mask=seen)
            last = attended.rows(slice(None))
            outputs.append(attended.output)
            weights.append(last)
        return Weighed(torch.cat(outputs, dim=2), partial(torch.cat, weights, dim=2))

    @checked
    def step(
        self,
        query: Float[Tensor, "B H 1 D"],
        key: Float[Tensor, "B H Tk K"],
        value: Float[Tensor, "B H Tk Dv"],
        last: Float[Tensor, "B H 1 Tk"] | None = None,
        *,
        mask: Mask | Bool[Tensor, "*BH 1 #Tk"] | None = None,
    ) -> Attended:
        """One decoding step; its `.weights` are the next step's `last`."""
        mask = as_mask(mask)
        if mask is not None:
            key = blank_unseen(key, mask.dense(1, key.shape[2], device=key.device))
        return self.attend(query, self._locate(self._project(key), last), value, mask=mask)

    def _project(self, key: Float[Tensor, "B H Tk K"]) -> Float[Tensor, "B H Tk hidden"]:
        """U k + b, the same at every step."""
        if key.shape[-1] != self.key_size:
            raise ValueError(f"key has size {key.shape[-1]}, but the score expects {self.key_size}")
        check_goes_with("key", key, self.key)
        projected: Tensor = self.key(key)
        return projected

    def _locate(
        self, projected: Float[Tensor, "B H Tk hidden"], last: Float[Tensor, "B H 1 Tk"] | None
    ) -> Float[Tensor, "B H Tk hidden"]:
        """U k + b + L f, with f found in the weights of the last step."""
        if last is None or not last.numel():
            return projected
        found = self.filter(last.flatten(0, 2).unsqueeze(1).to(projected))  # (B·H, filters, Tk)
        return projected + self.location(found.mT).unflatten(0, projected.shape[:2])
