"""Attention residuals: a layer chooses among all layers before it (Kimi Team, 2026)."""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor, nn

from attnlib.attend import Attend
from attnlib.checks import check_at_least, check_sequence
from attnlib.scores import dot


class DepthAttention(nn.Module):
    """output = Σ_l softmax_l(w · norm(x_l)) · x_l over the outputs x_l of the layers so far.

    In place of their sum, the residual stream, in which every layer has the same say and the first
    ones drown. Attention over depth, of each token by itself: the query w is learned, one per place
    in the model where this stands; keys are normed, values are not.

    - `size`: E. At first w is 0: the mean of all.
    """

    def __init__(self, size: int) -> None:
        super().__init__()
        check_at_least(1, "size", size)
        self.query = nn.Parameter(torch.zeros(size))
        self.norm = nn.RMSNorm(size, eps=1e-6)
        self.attend = Attend(score=dot)

    def forward(self, states: Sequence[Float[Tensor, "B T E"]]) -> Float[Tensor, "B T E"]:
        """`states`: what came before, one tensor per layer, the embeddings first.

        Raises TypeError or ValueError unless there are some, all of one shape.
        """
        if not isinstance(states, Sequence) or isinstance(states, str):
            kind = type(states).__name__
            raise TypeError(f"states must be a sequence of tensors, one per layer, got {kind}")
        if not states:
            raise ValueError("states must be one tensor per layer so far, got none")
        for state in states:
            check_sequence("states", state, self.norm)
            if state.shape != states[0].shape:
                raise ValueError(
                    f"states must have one shape, got {tuple(states[0].shape)} "
                    f"and {tuple(state.shape)}"
                )
        layers = torch.stack(tuple(states), dim=2)  # (B, T, L, E)
        value = layers.flatten(0, 1).unsqueeze(1)  # (B · T, 1, L, E): each token by itself
        query = self.query.to(value).expand(len(value), 1, 1, -1)
        seen = self.attend(query, self.norm(value), value).output
        return seen.flatten(1).unflatten(0, layers.shape[:2])
