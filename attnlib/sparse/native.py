"""Native sparse attention: an overview, the best blocks, and what is near (Yuan et al., 2025)."""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from attnlib.attend import Attend
from attnlib.checks import check_at_least, check_groups, check_sequence, checked
from attnlib.layout import merge_heads, split_heads
from attnlib.masks import Causal, Dense, Window
from attnlib.sparse._best import best
from attnlib.sparse.compression import Compressor, block_importance


class NativeSparseAttention(nn.Module):
    """output = Σ_c g_c ⊙ attention(q, K_c, V_c), causal, over three branches    (equation 5)

        compressed   every block of `length` tokens as one key and value
        selected     the tokens of the `count` blocks whose compressed keys drew most attention
        windowed     the last `window` tokens

    Each branch has keys and values of its own, and a gate σ(x·W) a head. `record_attention` finds
    the three by these names; the `.mask` of "selected" is what was selected.

    - `size`: E. `heads`: H. `key_heads`: G, by default H; the heads of a group select together.
    - `head_size`: D, by default E/H.
    - `length`, `stride`: of the compressed blocks. `block`: the size of a selectable block.
    - `count`: the selected blocks; the first, the query's own and the one before always are.

    The paper's gate and compressor are networks of unstated depth: here one layer, and two. Raises
    TypeError or ValueError when sizes do not fit: `stride` must divide `length` and `block`.
    """

    def __init__(
        self,
        size: int,
        heads: int,
        *,
        key_heads: int | None = None,
        head_size: int | None = None,
        length: int = 32,
        stride: int = 16,
        block: int = 64,
        count: int = 16,
        window: int = 512,
    ) -> None:
        super().__init__()
        check_at_least(1, "heads", heads)
        check_at_least(1, "stride", stride)
        check_at_least(3, "count", count)
        for name, tokens in (("length", length), ("block", block)):
            check_at_least(1, name, tokens)
            if tokens % stride:
                raise ValueError(f"{name} {tokens} is not a multiple of stride {stride}")
        if head_size is None and size % heads:
            raise ValueError(f"size {size} does not divide into {heads} heads")
        head_size = size // heads if head_size is None else head_size
        self.heads, self.key_heads = heads, heads if key_heads is None else key_heads
        check_groups(self.heads, self.key_heads)
        self.length, self.stride, self.block, self.count = length, stride, block, count
        self.window = Window(window)

        self.query = nn.Linear(size, heads * head_size, bias=False)
        self.key = nn.Linear(size, 3 * self.key_heads * head_size, bias=False)
        self.value = nn.Linear(size, 3 * self.key_heads * head_size, bias=False)
        self.gate = nn.Linear(size, 3 * heads)
        self.output = nn.Linear(heads * head_size, size, bias=False)
        self.compress_key = Compressor(head_size, length=length, stride=stride)
        self.compress_value = Compressor(head_size, length=length, stride=stride)
        self.compressed, self.selected, self.windowed = Attend(), Attend(), Attend()

    def forward(self, x: Float[Tensor, "B T E"]) -> Float[Tensor, "B T E"]:
        check_sequence("x", x, self.query.weight)
        query = split_heads(self.query(x), self.heads)
        keys = split_heads(self.key(x), 3 * self.key_heads).chunk(3, dim=1)
        values = split_heads(self.value(x), 3 * self.key_heads).chunk(3, dim=1)

        complete = Dense(self.compress_key.complete(x.shape[1], x.device))
        compressed = self.compressed(
            query, self.compress_key(keys[0]), self.compress_value(values[0]), mask=complete
        )
        chosen = self.select(compressed.rows(slice(None)))
        selected = self.selected(query, keys[1], values[1], mask=chosen)
        windowed = self.windowed(query, keys[2], values[2], mask=Causal() & self.window)

        gates = split_heads(self.gate(x).sigmoid(), 3 * self.heads).chunk(3, dim=1)
        branches = zip(gates, (compressed, selected, windowed), strict=True)
        return self.output(merge_heads(sum(gate * branch.output for gate, branch in branches)))

    @checked
    def select(self, weights: Float[Tensor, "B H T N"]) -> Dense:
        """The mask of the tokens up to t in the blocks selected for t (equations 10 to 12).

        `weights` are those of the compressed keys; a group of heads adds up its own.
        """
        if weights.shape[1] != self.heads:
            raise ValueError(f"weights has {weights.shape[1]} heads, but there are {self.heads}")
        importance = block_importance(
            weights, length=self.length, stride=self.stride, block=self.block
        )
        together = importance.unflatten(1, (self.key_heads, -1)).sum(dim=2)  # (B, G, T, M)
        tokens, number = together.shape[2:]
        blocks = torch.arange(number, device=weights.device)
        own = torch.arange(tokens, device=weights.device).unsqueeze(-1) // self.block
        always = (blocks == 0) | (blocks == own) | (blocks == own - 1)
        chosen = best(together.masked_fill(always, torch.inf), self.count, blocks <= own)
        seen = chosen.repeat_interleave(self.block, dim=-1)[..., :tokens]
        seen = seen & Causal().dense(tokens, device=weights.device)
        return Dense(seen.repeat_interleave(self.heads // self.key_heads, dim=1))
