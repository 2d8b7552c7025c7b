"""Chapter 05, masks: the exercises and what can go wrong in them."""

from collections.abc import Sequence

import torch
from torch import Tensor

from course.exercises.by_hand import by_hand
from course.exercises.in_code import Inputs, in_code
from course.exercises.looking_back import LOOK_BACK
from course.exercises.padding import CAUSAL_AND_PADDING
from course.exercises.trying import Draw

__all__ = ["CAUSAL_AND_PADDING", "COUNT", "LOOK_BACK", "MAY_ATTEND", "PREFIX_MASK", "REACH"]


COUNT = by_hand(
    15,
    known={
        "that is the causal mask alone; the window takes away what is further back than 2.": 21,
        "the first two rows are shorter: before the second word there is only one.": 18,
        "that is the window alone, which looks to both sides; causal takes away the right one.": 24,
        "a window of 3 counts the word itself: itself and two before it.": 11,
        "that is every cell of the table.": 36,
    },
    otherwise="not this. Count row by row: 1, 2, and then?",
    also={"Count row by row": 13},
    praise="1 + 2 + 3 + 3 + 3 + 3. For long texts that is 3 cells per word instead of half of T.",
)


def may_attend(attn_mask: Tensor, key_padding_mask: Tensor) -> Tensor:
    return ~(attn_mask | key_padding_mask[:, None, None, :])


def _ambiguous(given: Tensor, wanted: Tensor, attn_mask: Tensor, padding: Tensor) -> str | None:
    batch, length = padding.shape
    if given.shape == (batch, length, length):
        return "three axes are ambiguous: make it (B, 1, T, T), with an axis for the heads."
    return None


def _module_masks(draw: Draw) -> Sequence[Inputs]:
    causal = torch.ones(4, 4, dtype=torch.bool).triu(1)
    padding = torch.tensor([[False, False, False, True], [False, False, True, True]])
    no_keys = torch.tensor([[True, True, True], [False, True, False]])
    return [
        (draw.either(4, 4), padding),
        (causal, padding),
        (draw.either(3, 3), no_keys),
        (draw.either(5, 5), draw.either(3, 5)),
        (draw.either(2, 2), draw.either(4, 2)),
        (torch.zeros(3, 3, dtype=torch.bool), torch.zeros(1, 3, dtype=torch.bool)),
    ]


MAY_ATTEND = in_code(
    may_attend,
    _module_masks,
    known={
        "this is still True where a look is forbidden. Negate it with ~.": (
            lambda attn_mask, padding: attn_mask | padding[:, None, None]
        ),
        "joined the wrong way around: a look is forbidden if EITHER mask forbids it.": (
            lambda attn_mask, padding: ~(attn_mask & padding[:, None, None])
        ),
        "the padding is not inverted: ~ reaches only what stands right behind it, use brackets.": (
            lambda attn_mask, padding: ~attn_mask & padding[:, None, None]
        ),
        "only the first mask is inverted: ~ reaches what stands right behind it, use brackets.": (
            lambda attn_mask, padding: ~attn_mask | padding[:, None, None]
        ),
        "that is “one, but not both”: a look is forbidden if both masks forbid it, too.": (
            lambda attn_mask, padding: ~(attn_mask ^ padding[:, None, None])
        ),
        "rows and columns of attn_mask are exchanged: leave it as it is.": (
            lambda attn_mask, padding: ~(attn_mask.T | padding[:, None, None])
        ),
        "the padding hides rows (queries). It must hide columns: no query may see such a key.": (
            lambda attn_mask, padding: ~(attn_mask | padding[:, None, :, None])
        ),
        "only one of the two masks is left in it, the padding.": (
            lambda attn_mask, padding: (~padding[:, None, None]).expand(
                len(padding), 1, *attn_mask.shape
            )
        ),
        "only one of the two masks is left in it, attn_mask.": (
            lambda attn_mask, padding: (~attn_mask).expand(len(padding), 1, *attn_mask.shape)
        ),
        "only one of the two masks is left in it: a causal one, whatever attn_mask says.": (
            lambda attn_mask, padding: torch.ones_like(attn_mask).tril() & ~padding[:, None, None]
        ),
    },
    kind="booleans",
    shape="(B, 1, T, T)",
    axes=("text", "head", "query", "key"),
    remark=_ambiguous,
    advice="the shape is right, the values are not: True where neither mask is True.",
    also={
        "three axes": lambda attn_mask, padding: ~(attn_mask | padding[:, None]),
        "the shape is (2, 1, 4, 4)": lambda attn_mask, padding: ~attn_mask,
        "booleans should come back": lambda attn_mask, padding: may_attend(
            attn_mask, padding
        ).float(),
        "where neither mask is True": lambda attn_mask, padding: may_attend(
            attn_mask, padding
        ).flip(-1),
        "work on a copy": lambda attn_mask, padding: (
            attn_mask.logical_not_() & ~padding[:, None, None]
        ),
    },
    praise="Two masks of PyTorch's module, in one that every function of attnlib takes.",
)


def prefix_mask(length: int, prefix: int) -> Tensor:
    place = torch.arange(length)
    return (place[None, :] <= place[:, None]) | (place[None, :] < prefix)


def _causal_only(length: int, prefix: int) -> Tensor:
    return torch.ones(length, length, dtype=torch.bool).tril()


def _prefix_only(length: int, prefix: int) -> Tensor:
    return (torch.arange(length) < prefix).expand(length, -1)


def _without_itself(length: int, prefix: int) -> Tensor:
    return _causal_only(length, prefix).tril(-1) | _prefix_only(length, prefix)


def _forward(length: int, prefix: int) -> Tensor:
    return _causal_only(length, prefix).T | _prefix_only(length, prefix)


def _rows_of_the_prefix(length: int, prefix: int) -> Tensor:
    return _causal_only(length, prefix) | (torch.arange(length)[:, None] < prefix)


PREFIX_MASK = in_code(
    prefix_mask,
    lambda draw: [(6, 3), (5, 1), (4, 0), (3, 5), (7, 4), (1, 1)],
    known={
        "this is the causal mask: the first words do not see the whole prefix yet.": _causal_only,
        "this is the prefix alone: a word also sees itself and all that came before.": _prefix_only,
        "“and” leaves too little: a word may look back OR into the prefix.": (
            lambda length, prefix: _causal_only(length, prefix) & _prefix_only(length, prefix)
        ),
        "one key too many: a prefix of 3 is the places 0, 1 and 2.": (
            lambda length, prefix: prefix_mask(length, prefix + 1)
        ),
        "a word does not see itself: k ≤ q, not k < q.": _without_itself,
        "the words look ahead and not back: k ≤ q.": _forward,
        "this is True where a word may NOT look: invert it.": (
            lambda length, prefix: ~prefix_mask(length, prefix)
        ),
        "rows and columns are exchanged: a row is the query.": (
            lambda length, prefix: prefix_mask(length, prefix).mT
        ),
        "the words of the prefix see everything, also what comes after it.": _rows_of_the_prefix,
        "`prefix` is not used: 3 is written into it.": lambda length, prefix: prefix_mask(
            length, 3
        ),
    },
    kind="booleans",
    shape="a row per query, a column per key",
    axes=("query", "key"),
    advice="not this one. Start from the two conditions: k ≤ q, and k < prefix.",
    also={
        "booleans should come back": lambda length, prefix: prefix_mask(length, prefix).float(),
        "the shape is (6, 6)": lambda length, prefix: prefix_mask(length, prefix)[None, None],
        "For length = 5, prefix = 1": lambda length, prefix: prefix_mask(6, 3)[:length, :length],
        "For length = 4, prefix = 0": lambda length, prefix: prefix_mask(length, prefix or 3),
    },
    praise="masks.Causal() | masks.Prefix(3): a question read at once, an answer written.",
)

REACH = by_hand(
    9,
    known={
        "that is one layer. In the second, what those three know comes along.": 3,
        "that is the window of one layer, with the word itself.": 4,
        "you counted the word itself; the question is how many words *back*.": 10,
        "a window of 4 counts the word itself, so one layer reaches back 3, not 4.": 12,
        "reach adds up from layer to layer, it does not multiply.": 64,
        "reach adds up from layer to layer: 3 + 3 + 3, and not 3 × 3 × 3.": 27,
    },
    otherwise="not this. Set the builder to causal, window 4, and add layers.",
    also={"add layers": 6},
    praise="3 words per layer: that is how models with a window read further than they look.",
)
