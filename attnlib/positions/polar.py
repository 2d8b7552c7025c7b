"""Polar positions (PoPE): content is how long, position is which way (Gopalakrishnan et al., 2025).

score = Σ_c softplus(q_c) · softplus(k_c) · cos((j − i)·θ_c + δ_c)

In RoPE the numbers of a pair have an angle of their own, which is added to that of the place: what
and where are mixed. Here every number is a length, and its angle is the place's alone.
"""

import torch
import torch.nn.functional as F
from jaxtyping import Float, Real
from torch import Tensor, nn

from attnlib.checks import check_at_least, check_goes_with, checked
from attnlib.positions.rotary import angles
from attnlib.precision import at_least_float32


class PolarPositions(nn.Module):
    """Queries and keys (B, H, T, D) → (B, H, T, 2D): each number c at its length and its angle.

        q'_c = softplus(q_c) · [cos iθ_c, sin iθ_c],  θ_c = base^(−c/D)
        k'_c = softplus(k_c) · [cos(jθ_c + δ_c), sin(jθ_c + δ_c)]

    δ is learned, one per key head and number, and kept between −2π and 0. Attend to what comes out
    with `scale=1/√D`, D before it was doubled.

    - `heads`: of the keys. `head_size`: D.
    """

    def __init__(self, heads: int, *, head_size: int, base: float = 10_000.0) -> None:
        super().__init__()
        check_at_least(1, "heads", heads)
        check_at_least(1, "head_size", head_size)
        self.turns: Tensor
        speeds = base ** (-torch.arange(head_size, dtype=torch.float64) / head_size)
        self.register_buffer("turns", speeds, persistent=False)
        self.shift = nn.Parameter(torch.zeros(heads, head_size))

    @checked
    def forward(
        self,
        query: Float[Tensor, "B H Tq D"],
        key: Float[Tensor, "B G Tk D"],
        *,
        places: Real[Tensor, " Tk"] | None = None,
    ) -> tuple[Float[Tensor, "B H Tq 2D"], Float[Tensor, "B G Tk 2D"]]:
        """`places`: of the keys, by default 0 … Tk − 1; the queries stand at the last ones."""
        check_goes_with("query", query, self.shift)
        heads, size = self.shift.shape
        if key.shape[1] != heads or key.shape[3] != size:
            raise ValueError(
                f"key has {key.shape[1]} heads of size {key.shape[3]}, "
                f"but the positions are for {heads} of size {size}"
            )
        if query.shape[2] > key.shape[2]:
            raise ValueError(f"query has length {query.shape[2]}, but key has {key.shape[2]}")
        places = torch.arange(key.shape[2], device=key.device) if places is None else places
        turned = angles(places, self.turns)
        shift = self.shift.clamp(-2 * torch.pi, 0).unsqueeze(1)  # (G, 1, D)
        first = key.shape[2] - query.shape[2]
        return _polar(query, turned[first:]), _polar(key, turned + shift)


def _polar(states: Float[Tensor, "B H T D"], angles: Tensor) -> Float[Tensor, "B H T 2D"]:
    length = F.softplus(at_least_float32(states))
    cos, sin = angles.cos().to(length), angles.sin().to(length)
    return torch.cat((length * cos, length * sin), dim=-1).to(states)
