"""Multi-head attention: several side by side, each in its own projection (Vaswani et al., 2017).

heads   MHA: H key heads      GQA: G key heads       MQA: 1 key head
query   q0 q1 q2 q3           q0 q1 q2 q3            q0 q1 q2 q3
        |  |  |  |             \\ /   \\ /              \\  \\ /  /
key     k0 k1 k2 k3            k0    k1                  k0
"""

from jaxtyping import Bool, Float
from torch import Tensor

from attnlib.caches.growing import Cache
from attnlib.checks import checked
from attnlib.heads._projections import Projections
from attnlib.layout import merge_heads
from attnlib.masks import Mask
from attnlib.masks._laying import blank_hidden, laid_once


class MultiHeadAttention(Projections):
    """headₕ = attention(x·Wqₕ, c·Wkₕ, c·Wvₕ); output = [head₁ … head_H]·Wo.

    Self-attention when `forward` gets x alone, cross-attention with a `context` c, causal with
    `mask=masks.Causal()`. `key_heads=1` is multi-query attention (Shazeer, 2019), 1 < G < H
    grouped-query attention (Ainslie et al., 2023).

    - `size`: E, of x and of the output. `heads`: H. `key_heads`: G, by default H.
    - `head_size`: D, by default E/H. `context_size`: of c, by default E.
    - `projection_bias`: whether the four projections add one.
    - `attend`: how the heads attend: score, normalizer, scale, dropout and implementation are an
      `Attend`'s. By default a new one: the scaled dot product and softmax.
    - `turn`: what positions make of queries and keys, `turn(states, places)` with states
      (B, H, T, D) and places (T,), for example `partial(rotate, pairing="half")`. The keys stand
      at places 0 … Tk − 1, the queries at the last ones. A cache keeps keys turned.
    - `head_norm`: makes the norm, of D numbers, that each query and key passes before it turns;
      with `nn.RMSNorm` that is the QK-norm of Qwen3 and Gemma 3.

        >>> layer = MultiHeadAttention(512, heads=8, key_heads=2)
        >>> layer(torch.zeros(1, 6, 512), mask=Causal()).shape
        torch.Size([1, 6, 512])

    Raises ValueError when E is not a multiple of H (and no head_size is given), or H not of G.
    """

    @checked
    def forward(
        self,
        x: Float[Tensor, "B Tq E"],
        context: Float[Tensor, "B Tk C"] | None = None,
        *,
        mask: Mask | Bool[Tensor, "*BH #Tq #Tk"] | None = None,
        bias: Float[Tensor, "#B #H #Tq #Tk"] | None = None,
        cache: Cache | None = None,
    ) -> Float[Tensor, "B Tq E"]:
        """x looks at `context`, or at itself when there is none; `bias` is added to the scores.

        With a `cache`, x is the newest tokens of a text: they look at themselves and at all before.
        Raises ValueError for a cache together with a context, which does not grow.
        """
        mask = laid_once(mask)
        x, context = blank_hidden(x, context, mask) if cache is None else (x, context)
        seen = self.attend(*self.project(x, context, cache), mask=mask, bias=bias)
        return self.output(merge_heads(seen.output))
