"""Blocks of keys pressed into one key each, and what their weights say of other blocks.

(Yuan et al., 2025, native sparse attention, sections 3.3.1 and 3.3.2.)
"""

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from attnlib.checks import check_at_least, check_goes_with, checked


class Compressor(nn.Module):
    """φ: `length` keys (or values) in a row → one, every `stride` tokens        (equation 7)

    φ is a small network over the block's tokens side by side, each with a learned vector for its
    place in the block. Block i holds the tokens i·stride … i·stride + length − 1; an incomplete one
    at the end is left out.
    """

    def __init__(self, head_size: int, *, length: int, stride: int) -> None:
        super().__init__()
        self.length, self.stride = length, stride
        self.places = nn.Parameter(0.02 * torch.randn(length, head_size))
        self.network = nn.Sequential(
            nn.Linear(length * head_size, head_size), nn.GELU(), nn.Linear(head_size, head_size)
        )

    @checked
    def forward(self, states: Float[Tensor, "B G T D"]) -> Float[Tensor, "B G N D"]:
        check_goes_with("states", states, self.places)
        if states.shape[3] != self.places.shape[1]:
            size = self.places.shape[1]
            raise ValueError(f"states has size {states.shape[3]}, but expected is {size}")
        if states.shape[2] < self.length:
            return states[:, :, :0]
        blocks = states.unfold(2, self.length, self.stride).mT + self.places
        return self.network(blocks.flatten(-2))

    @checked
    def complete(self, allowed: Bool[Tensor, "B H T T"]) -> Bool[Tensor, "B H T N"]:
        """Which compressed keys a token may see: those of blocks whose every token it may see."""
        if allowed.shape[3] < self.length:
            return allowed[..., :0]
        return allowed.unfold(3, self.length, self.stride).all(dim=-1)


@checked
def block_importance(
    weights: Float[Tensor, "B H T N"], *, length: int, stride: int, block: int
) -> Float[Tensor, "B H T M"]:
    """What the compressed keys' weights say of the blocks of `block` tokens      (equation 9)

        p_slc[j] = Σ_m Σ_n p_cmp[(block/stride)·j − m − n],   m < block/stride, n < length/stride

    with all indices counted from 1. That is: each compressed key's weight counts once for every
    stride of tokens that it shares with the block. (Read with indices from 0, as some public code
    does, the sum is shifted by a block.) There is a block for each that holds one of the T tokens.
    """
    for name, count in (("length", length), ("stride", stride), ("block", block)):
        check_at_least(1, name, count)
    tokens, number = weights.shape[2:]
    starts = torch.arange(number, device=weights.device).unsqueeze(-1) * stride
    block_starts = torch.arange(-(-tokens // block), device=weights.device) * block
    ends = torch.minimum(starts + length, block_starts + block)
    shared = (ends - torch.maximum(starts, block_starts)).clamp(min=0) // stride
    return weights @ shared.to(weights.dtype)
