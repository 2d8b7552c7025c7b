"""Registers: learned tokens that everybody sees and nobody reads out (Darcet et al., 2023)."""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from attnlib.checks import check_sequence, checked


class Registers(nn.Module):
    """[registers; x] through `encoder`, then the registers dropped (section 2.2).

    Large vision models turn patches of plain background into scratch space, which shows as bright
    spots in their attention maps. Given tokens of their own to write to, they leave the patches
    alone. `encoder` maps (B, T, E) to (B, T, E); `record_attention` shows the registers as the
    first `count` queries and keys.
    """

    def __init__(self, encoder: nn.Module, size: int, *, count: int) -> None:
        super().__init__()
        if count < 0:
            raise ValueError(f"count must be 0 or more, got {count}")
        self.encoder = encoder
        self.registers = nn.Parameter(torch.empty(count, size))
        nn.init.trunc_normal_(self.registers, std=0.02)

    @checked
    def forward(self, x: Float[Tensor, "B T E"]) -> Float[Tensor, "B T E"]:
        count = self.registers.shape[0]
        check_sequence("x", x, self.registers)
        extended = torch.cat((self.registers.to(x).expand(x.shape[0], -1, -1), x), dim=1)
        encoded: Tensor = self.encoder(extended)
        return encoded[:, count:]
