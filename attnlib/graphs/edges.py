"""Who is whose neighbor, as a mask."""

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from attnlib.checks import checked
from attnlib.masks import Dense


@checked
def neighborhood(edges: Bool[Tensor, "*B1 T T"], x: Float[Tensor, "B T E"]) -> Dense:
    """The mask of a graph: `edges[i, j]` says that node i sees node j, and each node sees itself.

    `edges` is (T, T) for one graph, or (B, 1, T, T) for a graph per sequence. Raises TypeError or
    ValueError when it is not boolean, or not of the nodes x.
    """
    batch, nodes, _ = x.shape
    if edges.shape[:-2] not in ((), (1, 1), (batch, 1)):
        raise ValueError(
            f"edges must have the axes ({nodes}, {nodes}) or ({batch}, 1, {nodes}, {nodes}), "
            f"got {tuple(edges.shape)}"
        )
    return Dense(edges | torch.eye(nodes, dtype=torch.bool, device=edges.device))
