"""Attention sinks: a place for the weight that no key deserves.

A softmax must give away a whole 1. Trained models dump what is left over on the first tokens (Xiao
et al., 2023): keep those when a window moves on, or give every head a sink of its own.
"""

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from attnlib.checks import check_at_least, checked


class LearnedSink(nn.Module):
    """weightⱼ = exp(sⱼ) / (exp(sink) + Σⱼ exp(sⱼ)): a softmax with one column more, then dropped.

    The sink is a learned score, one per head, with no value behind it (gpt-oss: OpenAI, 2025; the
    idea is in Xiao et al., 2023, section 3.3). Rows sum to less than 1, and the output is the plain
    one times σ(logsumexp − sink). A sink of −∞ is none; a sink of 0 is the “off-by-one” softmax.
    """

    def __init__(self, heads: int) -> None:
        super().__init__()
        check_at_least(1, "heads", heads)
        self.sink = nn.Parameter(torch.zeros(heads))

    @checked
    def forward(
        self,
        scores: Float[Tensor, "B H Tq Tk"],
        allowed: Bool[Tensor, "#B #H #Tq #Tk"] | None = None,
    ) -> Float[Tensor, "B H Tq Tk"]:
        if scores.shape[1] != len(self.sink):
            raise ValueError(f"scores have {scores.shape[1]} heads, but sink has {len(self.sink)}")
        if allowed is not None:
            scores = scores.masked_fill(~allowed, -torch.inf)
        sink = self.sink.to(scores).view(-1, 1, 1).expand(*scores.shape[:3], 1)
        return torch.cat((scores, sink), dim=-1).softmax(dim=-1)[..., :-1]
