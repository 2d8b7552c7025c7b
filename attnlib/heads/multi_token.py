"""Multi-token attention: a score also depends on the scores of neighboring queries and keys.

(Golovneva et al., 2025, section 3.) A head can look for a place where two things stand together,
each found by another query.
"""

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float
from torch import Tensor, nn

from attnlib.cache import Cache
from attnlib.heads.multi_head import MultiHeadAttention, merge_heads
from attnlib.masks import And, Causal, Dense, Mask
from attnlib.recording import Attend
from attnlib.scores import at_least_float32, scaled_dot


class MultiTokenAttention(MultiHeadAttention):
    """softmax(conv(QKᵀ/√D))·V, causal: the paper's key-query convolution (section 3.1).

    scoreᵢⱼ = Σ_{a < queries} Σ_b θₐ_b · sᵢ₋ₐ, ⱼ₋_b, over the last `queries` queries and the `keys`
    keys around j, b from −⌊keys/2⌋ to ⌈keys/2⌉ − 1; one kernel θ a head, at first the identity.
    Masked twice: what a query may not see counts as 0 in the sum, and its own sum as −∞. Every
    `mask` is combined with the causal one. The paper's mixing of heads is `talking.TalkingHeads`
    within groups of heads; its last norm belongs to the block.
    """

    def __init__(
        self, size: int, heads: int, *, queries: int, keys: int, bias: bool = True
    ) -> None:
        super().__init__(size, heads, bias=bias)
        if queries < 1 or keys < 1:
            raise ValueError(f"queries and keys must be at least 1, got {queries} and {keys}")
        self.kernel = nn.Parameter(torch.zeros(heads, queries, keys))
        with torch.no_grad():
            self.kernel[:, 0, keys // 2] = 1
        self.attend = Attend(score=nothing)

    def forward(
        self,
        x: Float[Tensor, "B T E"],
        context: Tensor | None = None,
        *,
        mask: Mask | Bool[Tensor, "*BH #T #T"] | None = None,
        cache: Cache | None = None,
    ) -> Float[Tensor, "B T E"]:
        if context is not None:
            raise ValueError("context must be None: the convolution runs along one sequence")
        if cache is not None:
            raise ValueError("cache must be None: the queries of earlier tokens are not kept")
        mask = Dense(mask) if isinstance(mask, Tensor) else mask
        query, key, value = (at_least_float32(states) for states in self.project(x))
        causal: Mask = Causal() if mask is None else And(Causal(), mask)
        allowed = causal.dense(x.shape[1], device=x.device)
        scores = convolve(scaled_dot(query, key), allowed, self.kernel)
        seen = self.attend(query, key, value, mask=causal, bias=scores)
        return self.output(merge_heads(seen.output).to(x.dtype))


def convolve(
    scores: Float[Tensor, "B H T T"],
    allowed: Bool[Tensor, "#B #H T T"],
    kernel: Float[Tensor, "H queries keys"],
) -> Float[Tensor, "B H T T"]:
    """Each head's scores under its own kernel, 0 where not allowed and beyond the edges.

    Column c of the kernel belongs to the shift b = c − ⌊keys/2⌋.
    """
    heads, queries, keys = kernel.shape
    left, right = (keys + 1) // 2 - 1, keys // 2
    seen = F.pad(scores.masked_fill(~allowed, 0), (left, right, queries - 1, 0))
    flipped = kernel.flip(-1, -2).unsqueeze(1).to(scores)  # conv2d correlates
    return F.conv2d(seen, flipped, groups=heads)


def nothing(query: Tensor, key: Tensor, scale: float | None = None) -> Float[Tensor, "B H Tq Tk"]:
    """A score of 0 for every pair: all is in the bias."""
    return query.new_zeros(*query.shape[:3], key.shape[2])
