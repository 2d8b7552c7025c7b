"""The layout (B, H, T, D): heads in front of their sequence, and how they are shared."""

from jaxtyping import Float
from torch import Tensor

from attnlib.checks import check_groups, checked


@checked
def repeat_heads(states: Float[Tensor, "B G Tk D"], heads: int) -> Float[Tensor, "B H Tk D"]:
    """Key or value heads repeated so that query head h finds its own, h // (H/G), at h."""
    check_groups(heads, states.shape[1], "query", "states")
    group = heads // states.shape[1]
    return states if group == 1 else states.repeat_interleave(group, dim=1)


@checked
def bias_rows(bias: Float[Tensor, "#B #H #Tq #Tk"], rows: slice) -> Float[Tensor, "#B #H #R #Tk"]:
    """The bias of some queries; an axis of size 1 holds for all."""
    return bias if bias.shape[-2] == 1 else bias[..., rows, :]


@checked
def split_heads(states: Float[Tensor, "B T HD"], heads: int) -> Float[Tensor, "B H T D"]:
    """The last axis cut into heads, each head in front of its sequence."""
    if heads < 1 or states.shape[-1] % heads:
        raise ValueError(f"states has size {states.shape[-1]}, not a multiple of {heads} heads")
    return states.unflatten(-1, (heads, states.shape[-1] // heads)).transpose(1, 2)


@checked
def merge_heads(states: Float[Tensor, "B H T D"]) -> Float[Tensor, "B T HD"]:
    """The heads side by side again: the inverse of split_heads."""
    return states.transpose(1, 2).flatten(2)
