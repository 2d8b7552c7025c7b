"""Several answers to one question in one sequence (Juravsky et al., 2024)."""

from collections.abc import Sequence

import torch

from attnlib.checks import check_at_least
from attnlib.masks.causal import Causal
from attnlib.masks.document import Document
from attnlib.masks.mask import Mask
from attnlib.masks.prefix import Prefix


def shared_prefix(prefix: int, lengths: Sequence[int]) -> Mask:
    """`prefix` tokens, then answers of these `lengths` side by side: none sees another.

        Causal() & (Prefix(prefix) | Document(ids)),   ids = 0 for the prefix, n for answer n

    As if each answer followed the prefix alone, whose keys and values are computed and kept once.
    Positions of an answer go on from the prefix: prefix, prefix + 1, … for each.
    Raises TypeError or ValueError when a length is negative.
    """
    check_at_least(0, "prefix", prefix)
    for length in lengths:
        check_at_least(0, "lengths", length)
    ids = torch.cat([torch.full((n,), number) for number, n in enumerate((prefix, *lengths))])
    return Causal() & (Prefix(prefix) | Document(ids))
