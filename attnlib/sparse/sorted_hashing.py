"""Reformer's hashed attention as it is meant to run: sorted, cut, and joined again.

Time and memory grow as T · chunk · rounds² instead of T² (Kitaev et al., 2020, appendix A):

    output_i = Σ_r exp(z_ir − z_i) · output_ir,   z_ir = log Σ_j exp(q_i·k_j − log N_ij)

where round r sums over the j that it lets i reach, z_i over all rounds, and N_ij is the number of
rounds that let i reach j, so that nothing counts twice.
"""

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int, Real
from torch import Tensor

from attnlib.checks import check_at_least, check_inputs, checked
from attnlib.normalizers import softmax
from attnlib.precision import at_least_float32
from attnlib.sparse.hashing import hash_buckets


@checked
def sorted_attention(
    query: Float[Tensor, "B H T D"],
    value: Float[Tensor, "B H T Dv"],
    rotations: Real[Tensor, "*#H D rounds n/2"],
    *,
    chunk: int,
    causal: bool = True,
) -> Float[Tensor, "B H T Dv"]:
    """The output of `hashed_attention`, with no T × T matrix on the way. Raises as it does."""
    check_inputs(query, query, value, None, 0.0)
    check_at_least(1, "chunk", chunk)
    buckets = hash_buckets(query, rotations)
    order = buckets.argsort(dim=-1, stable=True)
    chunks = order.argsort(dim=-1) // chunk
    q, v = at_least_float32(query), at_least_float32(value)
    k = at_least_float32(F.normalize(query, dim=-1))

    outputs, totals = [], []
    for number, sorted_tokens in enumerate(order.unbind(2)):
        tokens, near = windows(sorted_tokens, chunk)
        reached = meetings(buckets, chunks, tokens, near)
        earlier = near.unsqueeze(-2) < tokens.unsqueeze(-1)
        later = near.unsqueeze(-2) > tokens.unsqueeze(-1)
        allowed = reached[:, :, number] & (earlier if causal else earlier | later)
        often = reached.sum(dim=2).clamp(min=1).to(q.dtype)
        scores = take(q, tokens) @ take(k, near).mT - often.log()
        place = sorted_tokens.argsort(dim=-1)  # back to the order of the sequence
        outputs.append(take((softmax(scores, allowed) @ take(v, near)).flatten(2, 3), place))
        total = scores.masked_fill(~allowed, -torch.inf).logsumexp(dim=-1)
        totals.append(total.flatten(2).gather(2, place))
    each, total = torch.stack(outputs, dim=-2), torch.stack(totals, dim=-1)
    joined = (softmax(total, total != -torch.inf).unsqueeze(-1) * each).sum(dim=-2)
    alone = (total == -torch.inf).all(dim=-1, keepdim=True)
    return torch.where(alone, v, joined).to(value.dtype)


def windows(
    order: Int[Tensor, "B H T"], chunk: int
) -> tuple[Int[Tensor, "B H N C"], Int[Tensor, "B H N 2C"]]:
    """The tokens of each chunk, and those of the chunk before and its own; T stands for none."""
    length = order.shape[-1]
    tokens = F.pad(order, (0, -length % chunk), value=length).unflatten(-1, (-1, chunk))
    before = F.pad(tokens, (0, 0, 1, 0), value=length)[:, :, :-1]
    return tokens, torch.cat((before, tokens), dim=-1)


def meetings(
    buckets: Int[Tensor, "B H rounds T"],
    chunks: Int[Tensor, "B H rounds T"],
    tokens: Int[Tensor, "B H N C"],
    near: Int[Tensor, "B H N 2C"],
) -> Tensor:
    """(B, H, rounds, N, C, 2C), True where the round lets the token reach the near one."""
    reached = []
    for bucket, chunk in zip(buckets.unbind(2), chunks.unbind(2), strict=True):
        labels = torch.stack((bucket, chunk), dim=-1)
        mine, theirs = take(labels, tokens).unsqueeze(-2), take(labels, near).unsqueeze(-3)
        same, back = mine[..., 0] == theirs[..., 0], mine[..., 1] - theirs[..., 1]
        reached.append(same & ((back == 0) | (back == 1)) & (near < bucket.shape[-1]).unsqueeze(-2))
    return torch.stack(reached, dim=2)


def take(states: Tensor, tokens: Int[Tensor, "B H *N"]) -> Tensor:
    """The (B, H, T, D) states of some tokens, (B, H, *N, D); zeros for token T, which is none."""
    padded = F.pad(states, (0, 0, 0, 1))
    index = tokens.flatten(2).unsqueeze(-1).expand(-1, -1, -1, states.shape[-1])
    return padded.gather(2, index).unflatten(2, tokens.shape[2:])
