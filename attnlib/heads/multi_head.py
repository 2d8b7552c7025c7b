"""Multi-head attention: several side by side, each in its own projection (Vaswani et al., 2017).

heads   MHA: H key heads      GQA: G key heads       MQA: 1 key head
query   q0 q1 q2 q3           q0 q1 q2 q3            q0 q1 q2 q3
        |  |  |  |             \\ /   \\ /              \\  \\ /  /
key     k0 k1 k2 k3            k0    k1                  k0
"""

from jaxtyping import Bool, Float
from torch import Tensor, nn

from attnlib.attend import Attend
from attnlib.caches.growing import Cache
from attnlib.checks import check_groups, check_sequence, checked
from attnlib.layout import merge_heads, split_heads
from attnlib.masks import Mask
from attnlib.masks._laying import blank_hidden


class MultiHeadAttention(nn.Module):
    """headₕ = attention(x·Wqₕ, c·Wkₕ, c·Wvₕ); output = [head₁ … head_H]·Wo.

    Self-attention when `forward` gets x alone, cross-attention with a `context` c, causal with
    `mask=masks.Causal()`. `key_heads=1` is multi-query attention (Shazeer, 2019), 1 < G < H
    grouped-query attention (Ainslie et al., 2023).

    - `size`: E, of x and of the output. `heads`: H. `key_heads`: G, by default H.
    - `head_size`: D, by default E/H. `context_size`: of c, by default E.
    - `bias`: whether the four projections add one. `dropout_p`: of the weights, in training.
    - `impl`: see `attention`.

    Raises ValueError when E is not a multiple of H (and no head_size is given), or H not of G.
    """

    def __init__(
        self,
        size: int,
        heads: int,
        *,
        key_heads: int | None = None,
        head_size: int | None = None,
        context_size: int | None = None,
        bias: bool = True,
        dropout_p: float = 0.0,
        impl: str = "auto",
    ) -> None:
        super().__init__()
        if heads < 1:
            raise ValueError(f"heads must be at least 1, got {heads}")
        if head_size is None and size % heads:
            raise ValueError(f"size {size} does not divide into {heads} heads")
        self.heads = heads
        self.key_heads = heads if key_heads is None else key_heads
        self.head_size = size // heads if head_size is None else head_size
        check_groups(self.heads, self.key_heads)

        context_size = size if context_size is None else context_size
        self.query = nn.Linear(size, self.heads * self.head_size, bias=bias)
        self.key = nn.Linear(context_size, self.key_heads * self.head_size, bias=bias)
        self.value = nn.Linear(context_size, self.key_heads * self.head_size, bias=bias)
        self.output = nn.Linear(self.heads * self.head_size, size, bias=bias)
        self.attend = Attend(dropout_p=dropout_p, impl=impl)

    @checked
    def forward(
        self,
        x: Float[Tensor, "B Tq E"],
        context: Float[Tensor, "B Tk C"] | None = None,
        *,
        mask: Mask | Bool[Tensor, "*BH #Tq #Tk"] | None = None,
        cache: Cache | None = None,
    ) -> Float[Tensor, "B Tq E"]:
        """x looks at `context`, or at itself when there is none.

        With a `cache`, x is the newest tokens of a text: they look at themselves and at all before.
        Raises ValueError for a cache together with a context, which does not grow.
        """
        x, context = blank_hidden(x, context, mask) if cache is None else (x, context)
        query, key, value = self.project(x, context, cache)
        seen = self.attend(query, key, value, mask=mask)
        return self.output(merge_heads(seen.output))

    def project(
        self,
        x: Float[Tensor, "B Tq E"],
        context: Float[Tensor, "B Tk C"] | None = None,
        cache: Cache | None = None,
    ) -> tuple[Float[Tensor, "B H Tq D"], Float[Tensor, "B G Tk D"], Float[Tensor, "B G Tk D"]]:
        """Query, key and value of every head; with a cache, those of all tokens so far."""
        if context is not None and cache is not None:
            raise ValueError("cache keeps what x looks back at: it cannot go with a context")
        context = x if context is None else context
        check_sequence("x", x, self.query.weight)
        check_sequence("context", context, self.key.weight)
        if len(context) != len(x):
            raise ValueError(f"context has batch size {len(context)}, but x has {len(x)}")
        query = split_heads(self.query(x), self.heads)
        key = split_heads(self.key(context), self.key_heads)
        value = split_heads(self.value(context), self.key_heads)
        return (query, key, value) if cache is None else (query, *cache.update(key, value))
