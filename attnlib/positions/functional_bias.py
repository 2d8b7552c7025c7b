"""FIRE: a bias that a small network makes of the distance in proportion (Li et al., 2024).

b_h(i, j) = f_h( ψ(i − j) / ψ(max(L, i)) ),   ψ(x) = log(c·x + 1)
"""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from attnlib.checks import check_at_least, check_number
from attnlib.positions._distances import distances


class FunctionalBias(nn.Module):
    """A bias (1, H, Tq, Tk) for causal attention; it is what it was for any longer text.

    The distance is divided by the query's own place, so the network sees numbers from 0 to 1
    whatever the length; ψ tells near distances apart better. Below L the place counts as L. Learned
    are f (one hidden layer of `hidden` ReLUs, one output per head), c and L.

    - `threshold`: the L to begin with. Keys after the query get what the query itself gets.
    """

    def __init__(self, heads: int, *, hidden: int = 32, threshold: float = 512.0) -> None:
        super().__init__()
        check_at_least(1, "heads", heads)
        check_at_least(1, "hidden", hidden)
        check_number("threshold", threshold)
        self.curve = nn.Parameter(torch.tensor(0.1))  # c
        self.threshold = nn.Parameter(torch.tensor(float(threshold)))  # L
        self.network = nn.Sequential(nn.Linear(1, hidden), nn.ReLU(), nn.Linear(hidden, heads))

    def forward(self, query_length: int, key_length: int) -> Float[Tensor, "1 H Tq Tk"]:
        check_at_least(0, "query_length", query_length)
        check_at_least(0, "key_length", key_length)
        device = self.curve.device
        back = distances(query_length, key_length, device=device).clamp(min=0).to(self.curve)
        places = torch.arange(key_length - query_length, key_length, device=device).to(self.curve)
        place = torch.maximum(places, self.threshold.abs()).unsqueeze(-1)
        share = self._squeezed(back) / self._squeezed(place)
        return self.network(share.unsqueeze(-1)).permute(2, 0, 1).unsqueeze(0)

    def _squeezed(self, distance: Tensor) -> Tensor:
        return (self.curve.abs() * distance + 1).log()
