"""Masks with a structure: documents, ragged batches, a prefix, blocks, and ALiBi's bias."""

from collections.abc import Iterator, Mapping

import torch
import torch.nn.functional as F
from torch import Tensor

from attnlib import attention, masks
from attnlib.positions import alibi
from benchmarks.case import Case, Run
from benchmarks.groups.states import HEADS, states


def cases(longest: int) -> Iterator[Case]:
    if longest >= 2048:
        yield Case("8 documents in 2048 tokens, causal", documents, 3.5)
        yield Case("ragged batch of 8, up to 512 tokens", ragged, 4)
        yield Case("prefix of 512 in 2048 tokens", prefix, 1.6)
        yield Case("causal with ALiBi, T = 2048", with_alibi, 1.5, tolerance=1e-3)
    if longest >= 8192:
        yield Case("1 block in 16, T = 8192", blocks, 10)


def documents() -> Mapping[str, Run]:
    lengths = [64, 128, 192, 256, 256, 320, 384, 448]
    ids = torch.repeat_interleave(torch.arange(8), torch.tensor(lengths))
    return masked(states(2048), masks.Causal() & masks.Document(ids))


def ragged() -> Mapping[str, Run]:
    lengths = torch.tensor([32, 64, 96, 128, 160, 256, 384, 512])
    return masked(states(512, batch=8), masks.Padding(lengths))


def prefix() -> Mapping[str, Run]:
    return masked(states(2048), masks.Causal() | masks.Prefix(512))


def blocks() -> Mapping[str, Run]:
    sparse = masks.BigBird(128, everywhere=1, window=1, random=2)
    return masked(states(8192), sparse)


def with_alibi() -> Mapping[str, Run]:
    query, key, value = states(2048)
    bias = alibi(HEADS, 2048, 2048)
    hidden = bias.masked_fill(~masks.Causal().dense(2048), -torch.inf)
    return {
        "attnlib": lambda: attention(query, key, value, mask=masks.Causal(), bias=bias).output,
        "SDPA with the bias": lambda: F.scaled_dot_product_attention(
            query, key, value, attn_mask=hidden
        ),
    }


def masked(three: list[Tensor], mask: masks.Mask) -> Mapping[str, Run]:
    """The mask as attnlib takes it, and laid beforehand for its peer.

    Rows that see nothing are 0 in both, and are left out of the comparison by being so.
    """
    query, key, value = three
    allowed = mask.dense(query.shape[2])
    return {
        "attnlib": lambda: attention(query, key, value, mask=mask).output,
        "SDPA with the mask": lambda: F.scaled_dot_product_attention(
            query, key, value, attn_mask=allowed
        ),
    }
