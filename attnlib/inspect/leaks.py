"""Who sees whom, found out by experiment: change one token, and look at whose output changes.

    seen = who_sees_whom(model, x, other)
    seen.triu(1).any()                # does anybody see a later token? Then the future leaks

It asks nothing of the model but that it can be called, so it also finds what no mask shows: a
normalization over the whole sequence, a shifted target, a cache in the wrong place.
"""

from collections.abc import Callable

import torch
from jaxtyping import Bool, Shaped
from torch import Tensor

from attnlib.checks import checked

ROUNDING = 100  # times the spacing of numbers at the largest output: less is no change


@torch.no_grad()
@checked
def who_sees_whom(
    model: Callable[[Tensor], Tensor], x: Shaped[Tensor, "*TkE"], other: Shaped[Tensor, "*TkE"]
) -> Bool[Tensor, "Tq Tk"]:
    """True at (i, j) where output i of `model` changes when token j of `x` becomes that of `other`.

    - `model`: takes (B, Tk) tokens or (B, Tk, E) vectors and gives (B, Tq, …).
    - `x`, `other`: one sequence each, (Tk,) tokens or (Tk, E) vectors, different at every place.

    All changed sequences go through the model as one batch, so switch dropout off (`model.eval()`).
    Raises ValueError when x and other are not of one shape, or agree somewhere: a change that is
    none would prove nothing.
    """
    if x.shape != other.shape or x.dim() not in (1, 2) or x.dtype != other.dtype:
        raise ValueError(
            "x and other must both be (T,) tokens or (T, E) vectors of one dtype, "
            f"got {tuple(x.shape)} {x.dtype} and {tuple(other.shape)} {other.dtype}"
        )
    length = len(x)
    if length == 0:
        raise ValueError("x must have at least one token, got an empty sequence")
    same = (x == other).reshape(length, -1).all(dim=1).nonzero().flatten().tolist()
    if same:
        raise ValueError(f"other must differ from x at every place, but is the same at {same}")
    changed = x.repeat(length + 1, *(1 for _ in x.shape))
    changed[torch.arange(length), torch.arange(length)] = other
    outputs = model(changed).flatten(2)  # (Tk + 1, Tq, …): the last is of x itself
    whole, unchanged = outputs[:-1], outputs[-1:]
    finite = unchanged[unchanged.isfinite()].abs()
    smallest = ROUNDING * torch.finfo(outputs.dtype).eps * (finite.max() if len(finite) else 1)
    differs = ((whole - unchanged).abs() > smallest) | (whole.isnan() != unchanged.isnan())
    return differs.any(dim=-1).mT
