"""2-simplicial attention: a query looks at pairs of tokens (Clift et al., 2019; Roy et al., 2025).

S_ijk = Σ_d q_id k_jd k'_kd / √D,   output_i = Σ_jk softmax_jk(S_i)_jk (v_j ⊙ v'_k)

Every token brings two keys and two values. A score is a product of three, so that one head can ask
for "the one that stands to this one as …", where plain attention needs two layers.
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


@checked
def two_simplicial(
    query: Float[Tensor, "B H Tq D"],
    key: Float[Tensor, "B H Tk D"],
    value: Float[Tensor, "B H Tk Dv"],
    second_key: Float[Tensor, "B H Tk D"],
    second_value: Float[Tensor, "B H Tk Dv"],
    *,
    mask: Mask | Bool[Tensor, "*BH #Tq #Tk"] | None = None,
    second_mask: Mask | Bool[Tensor, "*BH #Tq #Tk"] | None = None,
) -> Weighed:
    """Output (B, H, Tq, Dv), and the weights (B, H, Tq, Tk, Tk) of all pairs; memory Tq · Tk².

    `mask` holds for the first of a pair, `second_mask` for the second, by default the same. Roy et
    al. let the first go 512 tokens back and the second 32: `Causal() & Window(512)`, …

    Raises TypeError or ValueError naming the argument when types, shapes or devices do not fit.
    """
    check_same_size(query, key)
    q, k, v, k2, v2 = widened(query, key, value, second_key, second_value)
    first = _allowed(mask, query, key)
    second = first if second_mask is None else _allowed(second_mask, query, key)
    q, k, v = blank_unseen(q, first.mT), blank_unseen(k, first), blank_unseen(v, first)
    k2, v2 = blank_unseen(k2, second), blank_unseen(v2, second)
    pairs = first.unsqueeze(-1) & second.unsqueeze(-2)
    with no_autocast(q):
        scores = torch.einsum("bhid,bhjd,bhkd->bhijk", q / q.shape[-1] ** 0.5, k, k2)
        weights = softmax(scores.flatten(-2), pairs.flatten(-2)).unflatten(-1, scores.shape[-2:])
        output = torch.einsum("bhijk,bhjd,bhkd->bhid", weights, v, v2)
    return Weighed(output.to(value.dtype), lambda: weights)


def _allowed(rule: Mask | Tensor | None, query: Tensor, key: Tensor) -> Bool[Tensor, "#B #H Tq Tk"]:
    everywhere = torch.ones(query.shape[2], key.shape[2], dtype=torch.bool, device=query.device)
    rule = as_mask(rule)
    return everywhere[None, None] if rule is None else everywhere & lay(rule, query, key)
