"""The block of a language model, with its parts to be exchanged one by one.

                GPT-2               Llama               Qwen3
norm            LayerNorm           RMSNorm             RMSNorm
feed forward    gelu                SwiGLU              SwiGLU
positions       a learned table     turned by places    turned by places
key heads       H                   G                   G
QK-norm         –                   –                   RMSNorm of each query and key
biases          in every layer      –                   –

>>> Today(580, Parts(norm="rms", positions="rotary"))
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Literal

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn

from attnlib.checks import check_tokens, checked
from attnlib.heads.multi_head import MultiHeadAttention
from attnlib.masks import Causal
from attnlib.positions.learned import LearnedPositions
from attnlib.positions.rotary import rotate

EPS = 1e-5


@dataclass(frozen=True)
class Parts:
    """Which parts a block is made of; the defaults are GPT-2's.

    - `base`: of the rotary angles. `key_heads`: G, by default as many as query heads.
    - `tied`: whether the table of tokens also gives the logits.
    """

    norm: Literal["layer", "rms"] = "layer"
    feed: Literal["gelu", "swiglu"] = "gelu"
    positions: Literal["learned", "rotary"] = "learned"
    base: float = 10_000.0
    key_heads: int | None = None
    qk_norm: bool = False
    biases: bool = True
    tied: bool = True


GPT2 = Parts()
LLAMA = Parts("rms", "swiglu", "rotary", key_heads=2, biases=False)


class Today(nn.Module):
    """Logits of the token after each: N blocks of the `parts`, between a table and its transpose.

    `words`: V. `size`: E. `heads`: H. `layers`: N. `hidden`: of the feed-forward network.
    """

    def __init__(
        self,
        words: int,
        parts: Parts = GPT2,
        *,
        size: int = 64,
        heads: int = 4,
        layers: int = 4,
        hidden: int = 256,
        longest: int = 128,
    ) -> None:
        super().__init__()
        self.hidden = hidden
        self.words = nn.Embedding(words, size)
        learned = parts.positions == "learned"
        self.positions = LearnedPositions(size, longest=longest) if learned else nn.Identity()
        self.blocks = nn.ModuleList(Block(size, heads, hidden, parts) for _ in range(layers))
        self.norm = norm(parts, size)
        nn.init.normal_(self.words.weight, std=0.02)  # else the first logits are huge
        tied = parts.tied
        self.output = self.words.weight if tied else nn.Parameter(0.02 * torch.randn(words, size))

    @checked
    def forward(self, tokens: Int[Tensor, "B T"]) -> Float[Tensor, "B T V"]:
        check_tokens(tokens, self.words.weight)
        x = self.positions(self.words(tokens))
        for block in self.blocks:
            x = block(x)
        return self.norm(x) @ self.output.mT


class Block(nn.Module):
    """Causal self-attention, then a feed-forward network; a norm before each."""

    def __init__(self, size: int, heads: int, hidden: int, parts: Parts) -> None:
        super().__init__()
        rotary = partial(rotate, pairing="half", base=parts.base)
        self.attention_norm = norm(parts, size)
        self.attention = MultiHeadAttention(
            size,
            heads,
            key_heads=parts.key_heads,
            projection_bias=parts.biases,
            turn=rotary if parts.positions == "rotary" else None,
            head_norm=partial(nn.RMSNorm, eps=EPS) if parts.qk_norm else None,
        )
        self.feed_norm = norm(parts, size)
        feed = SwiGLU if parts.feed == "swiglu" else Gelu
        self.feed = feed(size, hidden, biases=parts.biases)

    def forward(self, x: Float[Tensor, "B T E"]) -> Float[Tensor, "B T E"]:
        x = x + self.attention(self.attention_norm(x), mask=Causal())
        return x + self.feed(self.feed_norm(x))


def norm(parts: Parts, size: int) -> nn.Module:
    """LayerNorm has a bias where the block has biases; an RMSNorm never has."""
    if parts.norm == "rms":
        return nn.RMSNorm(size, eps=EPS)
    return nn.LayerNorm(size, eps=EPS, bias=parts.biases)


class Gelu(nn.Module):
    """gelu(x·W₁)·W₂"""

    def __init__(self, size: int, hidden: int, *, biases: bool) -> None:
        super().__init__()
        self.up = nn.Linear(size, hidden, bias=biases)
        self.down = nn.Linear(hidden, size, bias=biases)

    def forward(self, x: Float[Tensor, "B T E"]) -> Float[Tensor, "B T E"]:
        return self.down(F.gelu(self.up(x), approximate="tanh"))


class SwiGLU(nn.Module):
    """(silu(x·W) ⊙ x·V)·W₂"""

    def __init__(self, size: int, hidden: int, *, biases: bool) -> None:
        super().__init__()
        self.gate = nn.Linear(size, hidden, bias=biases)
        self.up = nn.Linear(size, hidden, bias=biases)
        self.down = nn.Linear(hidden, size, bias=biases)

    def forward(self, x: Float[Tensor, "B T E"]) -> Float[Tensor, "B T E"]:
        return self.down(F.silu(self.gate(x)) * self.up(x))


def parameters(model: nn.Module) -> int:
    """How many numbers a model learns, each counted once."""
    return sum(parameter.numel() for parameter in model.parameters())


def as_large(words: int, parts: Parts, wanted: int, **sizes: int) -> Callable[[], Today]:
    """A model of these parts with as near as possible `wanted` parameters: its hidden size gives.

    What it returns builds the model, so that a seed can be set before. `sizes`: as of `Today`.
    """
    with torch.device("meta"):  # counted, not drawn
        two, three = (parameters(Today(words, parts, hidden=n, **sizes)) for n in (2, 3))
    hidden = 2 + round((wanted - two) / (three - two))
    return partial(Today, words, parts, hidden=hidden, **sizes)
