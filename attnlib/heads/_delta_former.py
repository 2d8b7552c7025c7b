"""DeltaFormer: the delta rule with softmax for its memory (Zhong et al., 2025).

u_t = v_t − β_t Σ_{j < t} softmax_{j < t}(w_t·k_j/√D) u_j
output_t = Σ_{j ≤ t} softmax_{j ≤ t}(q_t·k_j/√D) u_j

Before a token's value is stored, what the past answers to it already is taken off, as in DeltaNet;
but the past is kept whole and read by softmax. So it can track states as a delta rule does and look
up as attention does. It costs T² as attention, and one triangular system.
"""

import torch
from jaxtyping import Float
from torch import Tensor

from attnlib.attended import Weighed
from attnlib.checks import checked
from attnlib.layout import repeat_heads
from attnlib.normalizers import softmax
from attnlib.precision import no_autocast, widened
from attnlib.scores import scaled_dot


@checked
def delta_former(
    query: Float[Tensor, "B H T D"],
    key: Float[Tensor, "B G T D"],
    value: Float[Tensor, "B G T Dv"],
    write: Float[Tensor, "B H T"],
    *,
    read: Float[Tensor, "B H T D"] | None = None,
) -> Weighed:
    """Output (B, H, T, Dv), causal, and the weights (B, H, T, T), which may be negative.

    `write` is β, from 0 (plain causal attention) to 1; `read` is w, by default the query. Query
    head h uses key head h // (H/G).

    Raises TypeError or ValueError naming the argument when types, shapes or devices do not fit.
    """
    read = query if read is None else read
    q, w, beta, k, v = widened(query, read, write, key, value)
    k, v = repeat_heads(k, q.shape[1]), repeat_heads(v, q.shape[1])
    past = torch.ones(q.shape[2], q.shape[2], dtype=torch.bool, device=q.device).tril()
    with no_autocast(q):
        known = softmax(scaled_dot(w, k), past.tril(-1)[None, None])
        system = torch.eye(q.shape[2]).to(q) + beta.unsqueeze(-1) * known
        attended = softmax(scaled_dot(q, k), past[None, None])
        corrected = torch.linalg.solve_triangular(system, v, upper=False, unitriangular=True)
        output = attended @ corrected

    def weigh() -> Tensor:
        return torch.linalg.solve_triangular(
            system, attended, upper=False, left=False, unitriangular=True
        )

    return Weighed(output.to(value.dtype), weigh)
