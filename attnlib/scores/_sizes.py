"""The error of a score that was made for another size."""

from torch import Tensor


def _check_size(name: str, states: Tensor, size: int) -> None:
    if states.shape[-1] != size:
        raise ValueError(f"{name} has size {states.shape[-1]}, but the score expects {size}")
