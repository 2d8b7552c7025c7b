"""Chapter 05, masks: the exercises and what can go wrong in them."""

import torch
from torch import Tensor

from course.exercises.exercise import Exercise, close, missing


def _fault_of_count(answer: float) -> str | None:
    known = {
        21: "that is the causal mask alone; the window takes away what is further back than 2.",
        18: "the first two rows are shorter: before the second word there is only one.",
        24: "that is the window alone, which looks to both sides; causal takes away the right one.",
        11: "a window of 3 counts the word itself: itself and two before it.",
        36: "that is every cell of the table.",
    }
    if answer == 15:
        return None
    return known.get(int(answer), "not this. Count row by row: 1, 2, and then?")


COUNT = Exercise(
    find_fault=_fault_of_count,
    solution=15,
    mistakes={
        "causal mask alone": 21,
        "the first two rows": 18,
        "the window alone": 24,
        "counts the word itself": 11,
        "every cell": 36,
    },
    praise="1 + 2 + 3 + 3 + 3 + 3. For long texts that is 3 cells per word instead of half of T.",
)


def may_attend(attn_mask: Tensor, key_padding_mask: Tensor) -> Tensor:
    return ~(attn_mask | key_padding_mask[:, None, None, :])


def _fault_of_may_attend(answer: object) -> str | None:
    if not callable(answer):
        return "give the function itself, without calling it: check(may_attend)."
    attn_mask = torch.ones(4, 4, dtype=torch.bool).triu(1)
    padding = torch.tensor([[False, False, False, True], [False, False, True, True]])
    given = answer(attn_mask, padding)
    if (fault := missing(given)) is not None:
        return fault
    given = torch.as_tensor(given)
    if given.shape == (2, 4, 4):
        return "three axes are ambiguous: make it (B, 1, T, T), with an axis for the heads."
    if given.shape != (2, 1, 4, 4):
        return f"the answer should be (2, 1, 4, 4) here: (B, 1, T, T); yours {tuple(given.shape)}."
    known = {
        "this is still True where a look is forbidden. Negate it with ~.": attn_mask
        | padding[:, None, None],
        "joined the wrong way around: a look is forbidden if EITHER mask forbids it.": ~(
            attn_mask & padding[:, None, None]
        ),
        "the padding hides rows (queries). It must hide columns: no query may see such a key.": ~(
            attn_mask | padding[:, None, :, None]
        ),
        "only one of the two masks is left in it.": (~padding[:, None, None]).expand(2, 1, 4, 4),
    }
    for hint, mistake in known.items():
        if torch.equal(given, mistake):
            return hint
    if torch.equal(given, (~attn_mask).expand(2, 1, 4, 4)):
        return "only one of the two masks is left in it."
    if not torch.equal(given, may_attend(attn_mask, padding)):
        return "the shape is right, the values are not: True where neither mask is True."
    return None


MAY_ATTEND = Exercise(
    find_fault=_fault_of_may_attend,
    solution=may_attend,
    mistakes={
        "Negate it": lambda a, p: a | p[:, None, None],
        "if EITHER mask": lambda a, p: ~(a & p[:, None, None]),
        "hides rows": lambda a, p: ~(a | p[:, None, :, None]),
        "three axes": lambda a, p: ~(a | p[:, None]),
        "only one of the two": lambda a, p: (~p[:, None, None]).expand(2, 1, 4, 4),
        "should be (2, 1, 4, 4)": lambda a, p: ~a,
        "the function itself": torch.zeros(2, 1, 4, 4),
        "returns nothing yet": lambda a, p: ...,
    },
    praise="Two masks of PyTorch's module, in one that every function of attnlib takes.",
)


def prefix_mask(length: int, prefix: int) -> Tensor:
    place = torch.arange(length)
    return (place[None, :] <= place[:, None]) | (place[None, :] < prefix)


def _causal_only(length: int, prefix: int) -> Tensor:
    return torch.ones(length, length, dtype=torch.bool).tril()


def _and_for_or(length: int, prefix: int) -> Tensor:
    return _causal_only(length, prefix) & (torch.arange(length) < prefix)


def _one_too_many(length: int, prefix: int) -> Tensor:
    return prefix_mask(length, prefix + 1)


def _transposed(length: int, prefix: int) -> Tensor:
    return prefix_mask(length, prefix).mT


def _rows_of_the_prefix(length: int, prefix: int) -> Tensor:
    return _causal_only(length, prefix) | (torch.arange(length)[:, None] < prefix)


def _fault_of_prefix_mask(answer: object) -> str | None:
    if not callable(answer):
        return "give the function itself, without calling it: check(prefix_mask)."
    given = answer(6, 3)
    if (fault := missing(given)) is not None:
        return fault
    given = torch.as_tensor(given)
    if given.shape != (6, 6):
        return f"for 6 words the mask is (6, 6), yours is {tuple(given.shape)}."
    if given.dtype != torch.bool:
        return f"a mask is boolean, yours is {given.dtype}."
    known = {
        "this is the causal mask: the first words do not see the whole prefix yet.": _causal_only,
        "“and” leaves too little: a word may look back OR into the prefix.": _and_for_or,
        "one key too many: a prefix of 3 is the places 0, 1 and 2.": _one_too_many,
        "rows and columns are exchanged: a row is the query.": _transposed,
        "the words of the prefix see everything, also what comes after it.": _rows_of_the_prefix,
    }
    for hint, mistake in known.items():
        if torch.equal(given, mistake(6, 3)):
            return hint
    if not close(given, prefix_mask(6, 3)):
        return "not this one. Start from the two conditions: k ≤ q, and k < prefix."
    return None


PREFIX_MASK = Exercise(
    find_fault=_fault_of_prefix_mask,
    solution=prefix_mask,
    mistakes={
        "this is the causal mask": _causal_only,
        "leaves too little": _and_for_or,
        "one key too many": _one_too_many,
        "rows and columns": _transposed,
        "also what comes after": _rows_of_the_prefix,
        "a mask is boolean": lambda length, prefix: prefix_mask(length, prefix).float(),
        "the mask is (6, 6)": lambda length, prefix: prefix_mask(length, prefix)[None, None],
        "the function itself": torch.ones(6, 6),
        "returns nothing yet": lambda length, prefix: ...,
    },
    praise="masks.Causal() | masks.Prefix(3): a question read at once, an answer written.",
)


def _fault_of_reach(answer: float) -> str | None:
    known = {
        3: "that is one layer. In the second, what those three know comes along.",
        4: "that is the window of one layer, with the word itself.",
        10: "you counted the word itself; the question is how many words *back*.",
        12: "a window of 4 counts the word itself, so one layer reaches back 3, not 4.",
        64: "reach adds up from layer to layer, it does not multiply.",
        27: "reach adds up from layer to layer, it does not multiply.",
    }
    if answer == 9:
        return None
    return known.get(int(answer), "not this. Set the builder to causal, window 4, and add layers.")


REACH = Exercise(
    find_fault=_fault_of_reach,
    solution=9,
    mistakes={
        "that is one layer": 3,
        "with the word itself": 4,
        "how many words *back*": 10,
        "reaches back 3, not 4": 12,
        "does not multiply": 64,
    },
    praise="3 words per layer: that is how models with a window read further than they look.",
)
