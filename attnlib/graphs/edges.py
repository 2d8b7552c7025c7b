"""Who is whose neighbor, as a mask."""

import torch
from jaxtyping import Bool
from torch import Tensor

from attnlib.masks import Dense


def neighborhood(edges: Bool[Tensor, "*B1 T T"], nodes: int) -> Dense:
    """The mask of a graph: `edges[i, j]` says that node i sees node j, and each node sees itself.

    `edges` is (T, T) for one graph, or (B, 1, T, T) for a graph a sequence. Raises TypeError or
    ValueError when it is not boolean or has not `nodes` rows and columns.
    """
    mask = Dense(edges)
    if edges.shape[-2:] != (nodes, nodes):
        raise ValueError(
            f"edges must have {nodes} × {nodes} places at the end, got {tuple(edges.shape)}"
        )
    return Dense(mask.allowed | torch.eye(nodes, dtype=torch.bool, device=edges.device))
