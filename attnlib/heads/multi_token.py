"""Multi-token attention: a score also depends on the scores of neighboring queries and keys.

(Golovneva et al., 2025, section 3.) A head can look for a place where two things stand together,
each found by another query, or by another head.
"""

import math

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float
from torch import Tensor, nn

from attnlib.attend import Attend
from attnlib.checks import checked
from attnlib.heads._projections import Projections, Turn
from attnlib.layout import merge_heads, repeat_heads
from attnlib.masks import Causal, Mask, as_mask
from attnlib.masks._laying import blank_hidden, laid_once, unseen_keys
from attnlib.normalizers import softmax
from attnlib.normalizers.head_mixing import HeadMixing
from attnlib.precision import at_least_float32
from attnlib.scores import nothing, scaled_dot


class MultiTokenAttention(Projections):
    """headₕ = norm(Σ_g M_hg · softmax(conv_g(QKᵀ/√D)) · Vₕ), causal; each part can be left out.

    - Key-query convolution (section 3.1): scoreᵢⱼ = Σ_{a < queries} Σ_b θₐ_b · sᵢ₋ₐ, ⱼ₋_b, over the
      last `queries` queries and the `keys` keys around j, b from −⌊keys/2⌋ to ⌈keys/2⌉ − 1; one
      kernel θ per head, at first the identity. Masked twice: what a query may not see counts as 0
      in the sum, and its own sum as −∞; a token that no query may see counts 0 for its neighbors.
      1 query and 1 key: a learned factor alone.
    - Head mixing (section 3.2): `group` heads in a row mix their weights, see `HeadMixing`; none
      with 1.
    - Group normalization with scaling by depth: `layer` is the layer's number from 1, see
      `DepthScaledNorm`. None: none.

    - `dropout_p`: of the weights, in training. The other arguments are those of
      `MultiHeadAttention`.

    Every `mask` is combined with the causal one. No cache: the queries of earlier tokens would have
    to be kept too. The paper's other places for the two convolutions, the weights for the first and
    the scores for the second, are not here. Raises ValueError when E is not a multiple of H, or H
    not of `group`, and when a number is below 1.
    """

    def __init__(
        self,
        size: int,
        heads: int,
        *,
        queries: int,
        keys: int,
        group: int = 1,
        layer: int | None = None,
        key_heads: int | None = None,
        head_size: int | None = None,
        projection_bias: bool = True,
        dropout_p: float = 0.0,
        turn: Turn | None = None,
    ) -> None:
        super().__init__(
            size,
            heads,
            key_heads=key_heads,
            head_size=head_size,
            projection_bias=projection_bias,
            turn=turn,
        )
        if queries < 1 or keys < 1:
            raise ValueError(f"queries and keys must be at least 1, got {queries} and {keys}")
        self.kernel = nn.Parameter(torch.zeros(heads, queries, keys))
        with torch.no_grad():
            self.kernel[:, 0, keys // 2] = 1
        mixing = softmax if group == 1 else HeadMixing(heads, group)
        self.attend = Attend(score=nothing, normalize=mixing, dropout_p=dropout_p)
        self.norm = nn.Identity() if layer is None else DepthScaledNorm(self.head_size, layer)

    @checked
    def forward(
        self,
        x: Float[Tensor, "B T E"],
        *,
        mask: Mask | Bool[Tensor, "*BH #T #T"] | None = None,
    ) -> Float[Tensor, "B T E"]:
        causal = laid_once(Causal() if mask is None else Causal() & as_mask(mask))
        x, _ = blank_hidden(x, None, causal)
        query, key, value = (at_least_float32(states) for states in self.project(x))
        if x.shape[1] == 0:
            raise ValueError("x must have at least one token, got an empty sequence")
        scores = scaled_dot(query, repeat_heads(key, self.heads))
        seen = self.attend(query, key, value, mask=causal, bias=self._blend(scores, causal, x))
        return self.output(merge_heads(self.norm(seen.output)).to(x.dtype))

    def _blend(self, scores: Tensor, mask: Mask, x: Tensor) -> Float[Tensor, "B H T T"]:
        """The scores under the kernel; those of a token that no query may see serve itself only."""
        allowed, unseen = mask.dense(x.shape[1], device=x.device), unseen_keys(mask, x)
        if unseen is None:
            return convolve(scores, allowed, self.kernel)
        apart = unseen.unsqueeze(-1)
        own = convolve(scores, allowed & apart, self.kernel[:, :1])
        return convolve(scores, allowed & ~apart, self.kernel) + own


class DepthScaledNorm(nn.Module):
    """(1 − λ₀) · RMSNorm of each head's output by itself, λ₀ = 0.8 − 0.6·exp(−0.3·(layer − 1)).

    The scaling of the Differential Transformer (Ye et al., 2024): 0.8 in the first layer, and down
    to 0.2 with depth. The norm has no learned factors. A later version of the paper gates each head
    in place of the scaling.
    """

    def __init__(self, head_size: int, layer: int) -> None:
        super().__init__()
        if layer < 1:
            raise ValueError(f"layer must be at least 1, got {layer}")
        self.factor = 0.2 + 0.6 * math.exp(-0.3 * (layer - 1))
        self.norm = nn.RMSNorm(head_size, eps=1e-5, elementwise_affine=False)

    @checked
    def forward(self, heads: Float[Tensor, "B H T D"]) -> Float[Tensor, "B H T D"]:
        size = self.norm.normalized_shape[0]
        if heads.shape[-1] != size:
            raise ValueError(f"heads has size {heads.shape[-1]}, but the norm is for {size}")
        output: Tensor = self.factor * self.norm(heads)
        return output


@checked
def convolve(
    scores: Float[Tensor, "B H Tq Tk"],
    allowed: Bool[Tensor, "#B #H #Tq #Tk"],
    kernel: Float[Tensor, "H queries keys"],
) -> Float[Tensor, "B H Tq Tk"]:
    """Each head's scores under its own kernel, 0 where not allowed and beyond the edges.

    Column c of the kernel belongs to the shift b = c − ⌊keys/2⌋.
    """
    heads, queries, keys = kernel.shape
    if 0 in (queries, keys):
        raise ValueError(f"kernel must reach a query and a key, got {tuple(kernel.shape)}")
    if not scores.numel():
        return scores
    left, right = (keys + 1) // 2 - 1, keys // 2
    seen = F.pad(scores.masked_fill(~allowed, 0), (left, right, queries - 1, 0))
    flipped = kernel.flip(-1, -2).unsqueeze(1).to(scores)  # conv2d correlates
    return F.conv2d(seen, flipped, groups=heads)
