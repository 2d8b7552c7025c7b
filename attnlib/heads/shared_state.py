"""One vector per token that is key and value of all heads (DeepSeek-AI, 2026, DeepSeek-V4, 2.3).

x ── state ──> c_j ──turned by j──> key and value of every head
output of head h at i = Σ_j a_ij · R(j)·c_j, turned back by i = Σ_j a_ij · R(j − i)·c_j

A value that was turned with its key would tell the head where the token stands. Turned back by the
query's place, it tells only how far away.
"""

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from attnlib.attend import Attend
from attnlib.checks import check_at_least, check_sequence, checked
from attnlib.layout import merge_heads, split_heads
from attnlib.masks import Mask
from attnlib.masks._laying import blank_hidden, laid_once
from attnlib.normalizers import LearnedSink
from attnlib.positions.rotary import Pairing, angles, frequencies, turn


class SharedStateAttention(nn.Module):
    """c = norm(x·W), qₕ = norm(norm(x·W_DQ)·W_UQₕ); oₕ = R(−i)·attention(R(i)·qₕ, R·c, R·c).

    Multi-query attention whose one key is also the value: D numbers per token are kept for all
    heads. R turns the last `rotary_size` numbers; every head has a learned sink.

    - `size`: E. `heads`: H. `head_size`: D. `rotary_size`: R, even. `query_latent_size`: of the
      queries' latent.
    - `output_groups`, `output_latent_size`: the heads' outputs in groups, each group pressed into
      so many numbers, and these joined to E; None of the latter joins them directly.
    - `turns`: the R/2 frequencies, by default those of `base`. `pairing`: see `positions.rotary`.

    Raises ValueError when R is beyond D, or H no multiple of the groups.
    """

    def __init__(
        self,
        size: int,
        heads: int,
        *,
        head_size: int,
        rotary_size: int,
        query_latent_size: int,
        output_groups: int = 1,
        output_latent_size: int | None = None,
        base: float = 10_000.0,
        turns: Float[Tensor, " R/2"] | None = None,
        pairing: Pairing = "interleaved",
    ) -> None:
        super().__init__()
        check_at_least(1, "heads", heads)
        check_at_least(1, "output_groups", output_groups)
        if rotary_size > head_size:
            raise ValueError(f"rotary_size {rotary_size} is beyond head_size {head_size}")
        if heads % output_groups:
            raise ValueError(f"heads {heads} do not divide into {output_groups} output_groups")
        self.heads, self.rotary_size, self.pairing = heads, rotary_size, pairing
        turns = frequencies(rotary_size, base=base) if turns is None else turns
        self.turns: Tensor
        self.register_buffer("turns", turns, persistent=False)
        self.query_latent = nn.Sequential(
            nn.Linear(size, query_latent_size, bias=False),
            nn.RMSNorm(query_latent_size, eps=1e-6),
        )
        self.query = nn.Linear(query_latent_size, heads * head_size, bias=False)
        self.query_norm = nn.RMSNorm(head_size, eps=1e-6, elementwise_affine=False)
        self.state = nn.Linear(size, head_size, bias=False)
        self.norm = nn.RMSNorm(head_size, eps=1e-6)
        self.output = _joining(size, heads * head_size, output_groups, output_latent_size)
        self.attend = Attend(normalize=LearnedSink(heads))

    @checked
    def forward(
        self, x: Float[Tensor, "B T E"], *, mask: Mask | Bool[Tensor, "*BH #T #T"] | None = None
    ) -> Float[Tensor, "B T E"]:
        check_sequence("x", x, self.state)
        mask = laid_once(mask)
        x, _ = blank_hidden(x, None, mask)
        places = torch.arange(x.shape[1], device=x.device)
        query = self._turned_query(self.query_latent(x), places)
        state = self._turned_state(x, places)
        return self._answer(query, state, mask, places)

    def _turned_query(self, latent: Tensor, places: Tensor) -> Float[Tensor, "B H T D"]:
        query = self.query_norm(split_heads(self.query(latent), self.heads))
        return self._turn(query, places)

    def _turned_state(self, x: Tensor, places: Tensor) -> Float[Tensor, "B 1 T D"]:
        return self._turn(self.norm(self.state(x)).unsqueeze(1), places)

    def _answer(
        self,
        query: Float[Tensor, "B H T D"],
        states: Float[Tensor, "B 1 Tk D"],
        mask: Mask | Tensor | None,
        places: Int[Tensor, " T"],
    ) -> Float[Tensor, "B T E"]:
        seen = self.attend(query, states, states, mask=mask).output
        return self.output(merge_heads(self._turn(seen, -places)))

    def _turn(self, states: Float[Tensor, "B H T D"], places: Tensor) -> Float[Tensor, "B H T D"]:
        """The last R numbers turned."""
        plain, turning = states.split([states.shape[-1] - self.rotary_size, self.rotary_size], -1)
        turned = turn(turning, angles(places, self.turns), pairing=self.pairing)
        return torch.cat((plain, turned), dim=-1)


class _GroupedLinear(nn.Module):
    """A matrix for each of some equal groups of the last axis: block-diagonal."""

    def __init__(self, size: int, output_size: int, *, groups: int) -> None:
        super().__init__()
        self.groups = groups
        parts = [nn.Linear(size // groups, output_size // groups).weight for _ in range(groups)]
        self.weight = nn.Parameter(torch.stack([part.detach() for part in parts]))  # (g, out, in)

    def forward(self, x: Float[Tensor, "*N E"]) -> Float[Tensor, "*N C"]:
        grouped = x.unflatten(-1, (self.groups, self.weight.shape[2]))
        return torch.einsum("...gi,goi->...go", grouped, self.weight).flatten(-2)


def _joining(size: int, wide: int, groups: int, latent_size: int | None) -> nn.Module:
    if latent_size is None:
        return nn.Linear(wide, size, bias=False)
    pressed = groups * latent_size
    return nn.Sequential(
        _GroupedLinear(wide, pressed, groups=groups), nn.Linear(pressed, size, bias=False)
    )
