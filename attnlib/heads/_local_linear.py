"""Local linear attention: a line through the neighbors in place of their mean (Zuo et al., 2025).

Attention is the Nadaraya–Watson estimate: a weighted mean of the values, the best constant near the
query. The best straight line near the query is its next relative, and has less bias where keys lie
to one side, as at the end of a text:

b, W = argmin Σ_j p_ij ‖v_j − b − Wᵀz_ij‖² + λ‖W‖²,   z_ij = k_j − q_i,   output_i = b

With μ = Σ_j p z and M = Σ_j p z zᵀ + λ, the weights are p_ij (1 − z_ij·M⁻¹μ) / (1 − μ·M⁻¹μ): they
sum to 1 and may be negative. Parallax learns the vector M⁻¹μ instead of solving for it (Zuo et al.,
2026).
"""

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from attnlib.attended import Weighed
from attnlib.checks import check_same_size, checked
from attnlib.masks import Mask, as_mask
from attnlib.masks._laying import blank_unseen, lay
from attnlib.normalizers import softmax
from attnlib.precision import no_autocast, widened
from attnlib.scores import scaled_dot


@checked
def local_linear(
    query: Float[Tensor, "B H Tq D"],
    key: Float[Tensor, "B H Tk D"],
    value: Float[Tensor, "B H Tk Dv"],
    *,
    ridge: float,
    mask: Mask | Bool[Tensor, "*BH #Tq #Tk"] | None = None,
) -> Weighed:
    """Output (B, H, Tq, Dv), and its weights; p is the softmax of q·k/√D; memory Tq · D².

    `ridge` is λ, above 0: the larger, the nearer to plain attention. Query and key should have been
    brought to one length, so that their difference says how near they are.

    Raises TypeError or ValueError naming the argument when types, shapes or devices do not fit, and
    ValueError when the ridge is not above 0.
    """
    check_same_size(query, key)
    if not ridge > 0:
        raise ValueError(f"ridge must be above 0, got {ridge}")
    allowed = _allowed(mask, query, key)
    q, k, v = widened(query, key, value)
    q, k, v = blank_unseen(q, allowed.mT), blank_unseen(k, allowed), blank_unseen(v, allowed)
    with no_autocast(q):
        p = softmax(scaled_dot(q, k), allowed)
        total = p.sum(dim=-1, keepdim=True)  # 1, or 0 where nothing is seen
        mean = p @ k - total * q
        square = torch.einsum("bhij,bhjd,bhje->bhide", p, k, k)  # of k, then moved to q
        cross = q.unsqueeze(-1) * (mean + total * q).unsqueeze(-2)
        square = square - cross - cross.mT + total.unsqueeze(-1) * q.unsqueeze(-1) * q.unsqueeze(-2)
        square = square + ridge * torch.eye(q.shape[-1]).to(q)
        slope = torch.linalg.solve(square, mean)
        along = slope @ k.mT - (slope * q).sum(dim=-1, keepdim=True)  # z_ij · M⁻¹μ
        weights = p * (1 - along) / (1 - (mean * slope).sum(dim=-1, keepdim=True))
        output = weights @ v
    return Weighed(output.to(value.dtype), lambda: weights)


@checked
def parallax(
    query: Float[Tensor, "B H Tq D"],
    key: Float[Tensor, "B H Tk D"],
    value: Float[Tensor, "B H Tk Dv"],
    slope: Float[Tensor, "B H Tq D"],
    *,
    mask: Mask | Bool[Tensor, "*BH #Tq #Tk"] | None = None,
) -> Weighed:
    """Local linear attention with a learned `slope` r: weights p_ij (1 − r_i·(k_j − Σ_l p_il k_l)).

    They sum to 1 and may be negative; r = 0 is plain attention. (Zuo et al., 2026, algorithm 1.)

    Raises TypeError or ValueError naming the argument when types, shapes or devices do not fit.
    """
    check_same_size(query, key)
    allowed = _allowed(mask, query, key)
    q, k, v, r = widened(query, key, value, slope)
    q, k, v = blank_unseen(q, allowed.mT), blank_unseen(k, allowed), blank_unseen(v, allowed)
    r = blank_unseen(r, allowed.mT)
    with no_autocast(q):
        p = softmax(scaled_dot(q, k), allowed)
        along = r @ k.mT
        weights = p * (1 - along + (p * along).sum(dim=-1, keepdim=True))
        output = weights @ v
    return Weighed(output.to(value.dtype), lambda: weights)


def _allowed(rule: Mask | Tensor | None, query: Tensor, key: Tensor) -> Bool[Tensor, "#B #H Tq Tk"]:
    everywhere = torch.ones(query.shape[2], key.shape[2], dtype=torch.bool, device=query.device)
    rule = as_mask(rule)
    return everywhere[None, None] if rule is None else everywhere & lay(rule, query, key)
