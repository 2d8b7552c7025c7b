"""Linformer: T keys and values summed up in R mixtures of them (Wang et al., 2020)."""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from attnlib.attend import Attend
from attnlib.attended import Attended
from attnlib.checks import check_goes_with, checked


class Linformer(nn.Module):
    """softmax(Q·(E·K)ᵀ/√D) · (F·V) with E, F learned, (R, T) each      (section 4, equation 7)

    Time and memory grow as T · R. The weights of what it returns are (B, H, Tq, R), over mixtures:
    times F they are the equivalent matrix over tokens, whose rows need not be positive nor sum
    to 1. R = T and E = F = I is attention itself.

    - `length`: T, the number of keys, which is fixed. `rank`: R.
    - `shared`: one matrix for keys and values, E = F ("key-value sharing").

    All heads share E and F ("headwise sharing"). Each mixture holds tokens from everywhere: there
    is no causal form and no mask. Raises ValueError unless 1 ≤ rank ≤ length, and later when
    there are not `length` keys.
    """

    def __init__(self, length: int, rank: int, *, shared: bool = False) -> None:
        super().__init__()
        if not 1 <= rank <= length:
            raise ValueError(f"rank must be from 1 to length {length}, got {rank}")
        self.key_projection = nn.Parameter(torch.randn(rank, length) / rank**0.5)
        self.value_projection = self.key_projection
        if not shared:
            self.value_projection = nn.Parameter(torch.randn(rank, length) / rank**0.5)
        self.attend = Attend()

    @checked
    def forward(
        self,
        query: Float[Tensor, "B H Tq D"],
        key: Float[Tensor, "B G T D"],
        value: Float[Tensor, "B G T Dv"],
    ) -> Attended:
        length = self.key_projection.shape[1]
        check_goes_with("query", query, self.key_projection)
        for name, states in (("key", key), ("value", value)):
            if states.shape[2] != length:
                raise ValueError(f"{name} has {states.shape[2]} tokens, but length is {length}")
            check_goes_with(name, states, self.key_projection)
        return self.attend(query, self.key_projection @ key, self.value_projection @ value)
