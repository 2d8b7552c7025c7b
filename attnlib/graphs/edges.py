"""Who is whose neighbor, as a mask."""

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from attnlib.checked import checked
from attnlib.checks import check_goes_with
from attnlib.masks import Dense


@checked
def neighborhood(edges: Bool[Tensor, "*B1 T T"], x: Float[Tensor, "B T E"]) -> Dense:
    """The mask of a graph: `edges[i, j]` says that node i sees node j, and each node sees itself.

    `edges` is (T, T) for one graph, or (B, 1, T, T) for a graph a sequence. Raises TypeError or
    ValueError when it is not boolean, or not of the nodes x.
    """
    batch, nodes, _ = x.shape
    if edges.shape[:-2] not in ((), (1, 1), (batch, 1)):
        raise ValueError(
            f"edges must have the axes ({nodes}, {nodes}) or ({batch}, 1, {nodes}, {nodes}), "
            f"got {tuple(edges.shape)}"
        )
    return Dense(edges | torch.eye(nodes, dtype=torch.bool, device=edges.device))


def check_heads(query: Tensor, parameter: Float[Tensor, "H D"]) -> None:
    """Raise unless the query has the heads and the size that a score was made for."""
    check_goes_with("query", query, parameter)
    if (query.shape[1], query.shape[3]) != tuple(parameter.shape):
        raise ValueError(
            f"query has {query.shape[1]} heads of size {query.shape[3]}, "
            f"but the score is for {parameter.shape[0]} of {parameter.shape[1]}"
        )
