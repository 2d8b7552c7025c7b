"""Chapter 05: the causal and the padding mask in one, from lengths."""

import torch
from torch import Tensor

from course.exercises.in_code import in_code


def causal_and_padding(lengths: Tensor, longest: int) -> Tensor:
    place = torch.arange(longest)
    causal = place[None, :] <= place[:, None]
    real = place[None, :] < lengths[:, None]
    return causal & real[:, None, None, :]


def _three_axes(given: Tensor, wanted: Tensor, lengths: Tensor, longest: int) -> str | None:
    if given.shape == (len(lengths), longest, longest):
        return "three axes are ambiguous: make it (B, 1, T, T), with an axis for the heads."
    return None


CAUSAL_AND_PADDING = in_code(
    causal_and_padding,
    lambda draw: [
        (torch.tensor([4, 2]), 4),
        (torch.tensor([1, 5, 3]), 5),
        (torch.tensor([3]), 3),
        (torch.tensor([2, 0, 1, 2]), 3),
        (torch.tensor([2, 2]), 6),
    ],
    known={
        "the causal rule alone: padding is seen.": lambda lengths, longest: causal_and_padding(
            torch.full_like(lengths, longest), longest
        ),
        "the padding rule alone: the future is seen.": lambda lengths, longest: (
            torch.arange(longest) < lengths[:, None]
        )[:, None, None].expand(-1, 1, longest, -1),
        "one is enough in yours. Both must allow a look: &.": lambda lengths, longest: (
            torch.ones(longest, longest, dtype=torch.bool).tril()
            | (torch.arange(longest) < lengths[:, None])[:, None, None]
        ),
        "the padding hides rows (queries). It must hide columns: no query may see such a key.": (
            lambda lengths, longest: (
                torch.ones(longest, longest, dtype=torch.bool).tril()
                & (torch.arange(longest) < lengths[:, None])[:, None, :, None]
            )
        ),
        "one key too many: a length of 2 is the places 0 and 1.": lambda lengths, longest: (
            causal_and_padding(lengths + 1, longest)
        ),
        "a word does not see itself: k ≤ q, not k < q.": lambda lengths, longest: (
            causal_and_padding(lengths, longest) & ~torch.eye(longest, dtype=torch.bool)
        ),
        "rows and columns are exchanged: a row is the query, which looks back.": (
            lambda lengths, longest: causal_and_padding(lengths, longest).mT
        ),
        "the words look ahead and not back: k ≤ q.": lambda lengths, longest: (
            torch.ones(longest, longest, dtype=torch.bool).triu()
            & (torch.arange(longest) < lengths[:, None])[:, None, None]
        ),
        "this is True where a word may NOT look: invert it.": lambda lengths, longest: (
            ~causal_and_padding(lengths, longest)
        ),
    },
    kind="booleans",
    shape="(B, 1, T, T)",
    axes=("text", "head", "query", "key"),
    remark=_three_axes,
    advice="not this one. Write the two conditions, k ≤ q and k < length, and join them.",
    also={
        "three axes": lambda lengths, longest: causal_and_padding(lengths, longest)[:, 0],
        "booleans should come back": lambda lengths, longest: causal_and_padding(
            lengths, longest
        ).float(),
        "join them": lambda lengths, longest: causal_and_padding(lengths.flip(0), longest),
    },
    praise="Causal() & Padding(lengths), laid out: what a model trains with that learns to write.",
)
