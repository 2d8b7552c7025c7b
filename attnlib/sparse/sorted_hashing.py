"""Reformer's hashed attention as it is meant to run: sorted, cut, and joined again.

Time and memory grow as T · chunk · rounds² instead of T² (Kitaev et al., 2020, appendix A):

    output_i = Σ_r exp(z_ir − z_i) · output_ir,   z_ir = log Σ_j exp(q_i·k_j − log N_ij)

where round r sums over the j that it lets i reach, z_i over all rounds, and N_ij is the number of
rounds that let i reach j, so that nothing counts twice.
"""

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int, Real
from torch import Tensor

from attnlib.attended import Attended
from attnlib.checks import check_at_least, checked
from attnlib.dispatch import Plan
from attnlib.masks import Mask, as_mask
from attnlib.masks._laying import lay
from attnlib.normalizers import softmax
from attnlib.precision import at_least_float32
from attnlib.scores import dot
from attnlib.sparse._hashed import Hashed, hidden_last, without_hidden
from attnlib.sparse.hashing import hash_buckets

PLAN = Plan("sorted", "each chunk of each round alone, never all pairs")


@checked
def sorted_attention(
    query: Float[Tensor, "B H T D"],
    value: Float[Tensor, "B H T Dv"],
    rotations: Real[Tensor, "*#H D rounds n/2"],
    *,
    chunk: int,
    causal: bool = True,
    mask: Mask | Bool[Tensor, "*BH #T #T"] | None = None,
) -> Attended:
    """What `hashed_attention` gives, with no T × T matrix on the way to the output.

    But for that of a `mask`, if there is one; `.weights` and the selection are laid when read.
    Raises as `hashed_attention` does.
    """
    check_at_least(1, "chunk", chunk)
    if query.shape[1] == 0:
        raise ValueError("query must have at least one head, got 0")
    query, seen = without_hidden(query, mask)
    buckets = hidden_last(hash_buckets(query, rotations), seen)
    value = value if seen is None else value.masked_fill(~seen, 0)
    allowed = None if mask is None else lay(as_mask(mask), query, query)
    order = buckets.argsort(dim=-1, stable=True)
    chunks = order.argsort(dim=-1) // chunk
    q, v = at_least_float32(query), at_least_float32(value)
    key = F.normalize(query, dim=-1)
    k = at_least_float32(key)

    outputs, totals = [], []
    for number, sorted_tokens in enumerate(order.unbind(2)):
        tokens, near = _windows(sorted_tokens, chunk)
        reached = _meetings(buckets, chunks, tokens, near)
        earlier = near.unsqueeze(-2) < tokens.unsqueeze(-1)
        later = near.unsqueeze(-2) > tokens.unsqueeze(-1)
        pairs = reached[:, :, number] & (earlier if causal else earlier | later)
        pairs = pairs if allowed is None else pairs & _of_pairs(allowed, tokens, near)
        often = reached.sum(dim=2).clamp(min=1).to(q.dtype)
        scores = _take(q, tokens) @ _take(k, near).mT - often.log()
        place = sorted_tokens.argsort(dim=-1)  # back to the order of the sequence
        outputs.append(_take((softmax(scores, pairs) @ _take(v, near)).flatten(2, 3), place))
        total = scores.masked_fill(~pairs, -torch.inf).logsumexp(dim=-1)
        totals.append(total.flatten(2).gather(2, place))
    each, total = torch.stack(outputs, dim=-2), torch.stack(totals, dim=-1)
    joined = (softmax(total, total != -torch.inf).unsqueeze(-1) * each).sum(dim=-2)
    alone = (total == -torch.inf).all(dim=-1, keepdim=True)
    if allowed is not None:
        v = v.masked_fill(~allowed.diagonal(dim1=-2, dim2=-1).unsqueeze(-1), 0)
    output = torch.where(alone, v, joined).to(value.dtype)
    selection = Hashed(buckets, chunk, causal, as_mask(mask))
    return Attended(query, key, value, selection, None, dot, softmax, None, output, PLAN)


def _windows(
    order: Int[Tensor, "B H T"], chunk: int
) -> tuple[Int[Tensor, "B H N C"], Int[Tensor, "B H N 2C"]]:
    """The tokens of each chunk, and those of the chunk before and its own; T stands for none."""
    length = order.shape[-1]
    tokens = F.pad(order, (0, -length % chunk), value=length).unflatten(-1, (-1, chunk))
    before = F.pad(tokens, (0, 0, 1, 0), value=length)[:, :, :-1]
    return tokens, torch.cat((before, tokens), dim=-1)


def _meetings(
    buckets: Int[Tensor, "B H rounds T"],
    chunks: Int[Tensor, "B H rounds T"],
    tokens: Int[Tensor, "B H N C"],
    near: Int[Tensor, "B H N 2C"],
) -> Bool[Tensor, "B H rounds N C 2C"]:
    """Where each round lets a token reach the near one."""
    reached = []
    for bucket, chunk in zip(buckets.unbind(2), chunks.unbind(2), strict=True):
        labels = torch.stack((bucket, chunk), dim=-1)
        own, others = _take(labels, tokens).unsqueeze(-2), _take(labels, near).unsqueeze(-3)
        same, back = own[..., 0] == others[..., 0], own[..., 1] - others[..., 1]
        reached.append(same & ((back == 0) | (back == 1)) & (near < bucket.shape[-1]).unsqueeze(-2))
    return torch.stack(reached, dim=2)


def _of_pairs(
    allowed: Bool[Tensor, "#B #H T T"],
    tokens: Int[Tensor, "B H N C"],
    near: Int[Tensor, "B H N 2C"],
) -> Bool[Tensor, "B H N C 2C"]:
    """What the mask says of each token and those near it."""
    batch, heads = (torch.arange(size, device=tokens.device) for size in tokens.shape[:2])
    whole = F.pad(allowed.expand(*tokens.shape[:2], -1, -1), (0, 1, 0, 1))  # of T, which is none
    rows = batch[:, None, None, None, None], heads[:, None, None, None]
    return whole[(*rows, tokens.unsqueeze(-1), near.unsqueeze(-2))]


def _take(states: Tensor, tokens: Int[Tensor, "B H *N"]) -> Tensor:
    """The (B, H, T, D) states of some tokens, (B, H, *N, D); zeros for token T, which is none."""
    padded = F.pad(states, (0, 0, 0, 1))
    index = tokens.flatten(2).unsqueeze(-1).expand(-1, -1, -1, states.shape[-1])
    return padded.gather(2, index).unflatten(2, tokens.shape[2:])
