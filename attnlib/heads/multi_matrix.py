"""Multi-matrix factorization attention: many wide query heads through a neck (Hu et al., 2024)."""

from typing import Any, cast

from torch import Tensor, nn

from attnlib.checks import check_at_least
from attnlib.heads.multi_head import MultiHeadAttention


class MultiMatrixAttention(MultiHeadAttention):
    """qₕ = norm(x·W_D)·W_Uₕ, one key k = x·Wk and one value v = x·Wv for all heads.

    Multi-query attention, which keeps 2·D numbers per token, with so many and so wide heads as
    grouped queries could not pay for: the neck of `query_latent_size` numbers makes these cheap
    (section 3.2; Step-3: StepFun, 2025, 64 heads of 256).

    - `size`: E. `heads`: H. `head_size`: D, often more than E/H. `query_latent_size`: of the neck.
    - The other arguments are those of `MultiHeadAttention`.

    Step-3 norms the neck by an RMSNorm, as here; the paper's equations leave it out.
    """

    def __init__(
        self, size: int, heads: int, *, head_size: int, query_latent_size: int, **options: Any
    ) -> None:
        check_at_least(1, "query_latent_size", query_latent_size)
        super().__init__(size, heads, key_heads=1, head_size=head_size, **options)
        bias = self.output.bias is not None
        neck = _Neck(size, query_latent_size, heads * head_size, bias)
        self.query = neck  # type: ignore[assignment]


class _Neck(nn.Sequential):
    """Down, norm, up; checked as a `Linear` is."""

    def __init__(self, size: int, latent_size: int, wide: int, bias: bool) -> None:
        super().__init__(
            nn.Linear(size, latent_size, bias=bias),
            nn.RMSNorm(latent_size, eps=1e-6),
            nn.Linear(latent_size, wide, bias=bias),
        )

    @property
    def weight(self) -> Tensor:
        return cast(Tensor, self[0].weight)
