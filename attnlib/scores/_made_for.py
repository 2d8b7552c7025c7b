"""The errors of a score that was made for another size, or for other heads."""

from jaxtyping import Float
from torch import Tensor

from attnlib.checks import check_goes_with


def check_size(name: str, states: Tensor, size: int) -> None:
    """Raise unless the states have the size that a score was made for."""
    if states.shape[-1] != size:
        raise ValueError(f"{name} has size {states.shape[-1]}, but the score expects {size}")


def check_heads(query: Tensor, parameter: Float[Tensor, "H D"]) -> None:
    """Raise unless the query has the heads and the size that a score was made for."""
    check_goes_with("query", query, parameter)
    if (query.shape[1], query.shape[3]) != tuple(parameter.shape):
        raise ValueError(
            f"query has {query.shape[1]} heads of size {query.shape[3]}, "
            f"but the score is for {parameter.shape[0]} of {parameter.shape[1]}"
        )
