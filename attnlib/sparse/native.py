"""Native sparse attention: an overview, the best blocks, and what is near (Yuan et al., 2025)."""

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float
from torch import Tensor, nn

from attnlib.attend import Attend
from attnlib.checks import check_at_least, check_groups, check_sequence, checked, head_size_of
from attnlib.layout import merge_heads, split_heads
from attnlib.masks import Causal, Dense, Mask, Window, as_mask
from attnlib.masks._laying import blank_hidden, check_fits, lay
from attnlib.sparse._best import best
from attnlib.sparse._compression import Compressor, block_importance


class NativeSparseAttention(nn.Module):
    """output = Σ_c g_c ⊙ attention(q, K_c, V_c), causal, over three branches    (equation 5)

        compressed   every block of `length` tokens as one key and value
        selected     the tokens of the `count` blocks whose compressed keys drew most attention
        windowed     the last `window` tokens

    Each branch has keys and values of its own, and a gate σ(x·W) per head. `record_attention` finds
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
        check_at_least(3, "count", count)
        _check_blocks(length, stride, block)
        head_size = head_size_of(size, heads, head_size)
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

    @checked
    def forward(
        self, x: Float[Tensor, "B T E"], *, mask: Mask | Bool[Tensor, "*BH #T #T"] | None = None
    ) -> Float[Tensor, "B T E"]:
        """`mask`: who may look at whom besides the causal rule.

        The overview shows a token only those blocks of which it may see every token. So padding on
        the right changes nothing; on the left it moves the tokens to other blocks.
        """
        check_sequence("x", x, self.query)
        x, _ = blank_hidden(x, None, mask)
        query = split_heads(self.query(x), self.heads)
        keys = split_heads(self.key(x), 3 * self.key_heads).chunk(3, dim=1)
        values = split_heads(self.value(x), 3 * self.key_heads).chunk(3, dim=1)

        rule = Causal() if mask is None else Causal() & as_mask(mask)
        complete = self.compress_key.complete(lay(rule, query, query))
        compressed = self.compressed(
            query, self.compress_key(keys[0]), self.compress_value(values[0]), mask=Dense(complete)
        )
        chosen = select(
            compressed.rows(slice(None)),
            key_heads=self.key_heads,
            length=self.length,
            stride=self.stride,
            block=self.block,
            count=self.count,
            mask=mask,
        )
        selected = self.selected(query, keys[1], values[1], mask=chosen)
        windowed = self.windowed(query, keys[2], values[2], mask=rule & self.window)

        gates = split_heads(self.gate(x).sigmoid(), 3 * self.heads).chunk(3, dim=1)
        branches = zip(gates, (compressed, selected, windowed), strict=True)
        return self.output(merge_heads(sum(gate * branch.output for gate, branch in branches)))


@checked
def select(
    weights: Float[Tensor, "B H T N"],
    *,
    key_heads: int,
    length: int,
    stride: int,
    block: int,
    count: int,
    mask: Mask | Bool[Tensor, "*BH #T #T"] | None = None,
) -> Dense:
    """The tokens up to t in the `count` blocks of `block` selected for t   (equations 10 to 12).

    - `weights`: of the N compressed keys, each of `length` tokens, one every `stride`; the heads
      that share one of the `key_heads` add up their own.

    The first block, t's own and the one before always are among the `count`. Of blocks that a
    further `mask` hides from t, and from its group of heads, none is.
    """
    check_groups(weights.shape[1], key_heads, "weights", "key_heads")
    check_at_least(1, "count", count)
    importance = block_importance(weights, length=length, stride=stride, block=block)
    together = _by_group(importance, key_heads).sum(dim=2)  # (B, G, T, M)
    tokens, number = together.shape[2:]

    rule = Causal() if mask is None else Causal() & as_mask(mask)
    allowed = rule.dense(tokens, device=weights.device)
    check_fits(allowed, weights)
    held = F.pad(allowed, (0, -tokens % block)).unflatten(-1, (-1, block)).any(dim=-1)
    held = _by_group(held, key_heads).any(dim=2) if held.shape[1] > 1 else held

    blocks = torch.arange(number, device=weights.device)
    own = torch.arange(tokens, device=weights.device).unsqueeze(-1) // block
    always = (blocks == 0) | (blocks == own) | (blocks == own - 1)
    chosen = best(together.masked_fill(always, torch.inf), count, held)
    seen = chosen.repeat_interleave(block, dim=-1)[..., :tokens]
    return Dense(seen.repeat_interleave(weights.shape[1] // key_heads, dim=1) & allowed)


def _by_group(states: Tensor, key_heads: int) -> Tensor:
    """(B, H, …) as (B, G, H/G, …)."""
    return states.unflatten(1, (key_heads, states.shape[1] // key_heads))


def _check_blocks(length: int, stride: int, block: int) -> None:
    check_at_least(1, "stride", stride)
    for name, tokens in (("length", length), ("block", block)):
        check_at_least(1, name, tokens)
        if tokens % stride:
            raise ValueError(f"{name} {tokens} is not a multiple of stride {stride}")
