"""Chapter 11: the exercise on what a masked language model reads and is asked."""

from collections.abc import Sequence

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from course.exercises.in_code import Inputs, in_code
from course.exercises.trying import Draw


def read_and_labels(
    tokens: Int[Tensor, "B T"],
    chosen: Bool[Tensor, "B T"],
    fate: Float[Tensor, "B T"],
    anything: Int[Tensor, "B T"],
    mask: int,
) -> Int[Tensor, "2 B T"]:
    read = tokens.clone()
    read[chosen & (fate < 0.8)] = mask
    swapped = chosen & (fate >= 0.8) & (fate < 0.9)
    read[swapped] = anything[swapped]
    labels = tokens.masked_fill(~chosen, -100)
    return torch.stack((read, labels))


def _with_labels(tokens: Tensor, read: Tensor, unasked: Tensor) -> Tensor:
    return torch.stack((read, tokens.masked_fill(unasked, -100)))


def _as_given(tokens: Tensor, chosen: Tensor, fate: Tensor, anything: Tensor, mask: int) -> Tensor:
    read, _ = read_and_labels(tokens, chosen, fate, anything, mask)
    return _with_labels(tokens, read, read == tokens)


def _masked_only(
    tokens: Tensor, chosen: Tensor, fate: Tensor, anything: Tensor, mask: int
) -> Tensor:
    read, _ = read_and_labels(tokens, chosen, fate, anything, mask)
    return _with_labels(tokens, read, read != mask)


def _all_asked(tokens: Tensor, chosen: Tensor, fate: Tensor, anything: Tensor, mask: int) -> Tensor:
    read, _ = read_and_labels(tokens, chosen, fate, anything, mask)
    return torch.stack((read, tokens))


def _asked_for_the_read(
    tokens: Tensor, chosen: Tensor, fate: Tensor, anything: Tensor, mask: int
) -> Tensor:
    read, _ = read_and_labels(tokens, chosen, fate, anything, mask)
    return _with_labels(read, read, ~chosen)


def _none_kept(tokens: Tensor, chosen: Tensor, fate: Tensor, anything: Tensor, mask: int) -> Tensor:
    read, labels = read_and_labels(tokens, chosen, fate, anything, mask)
    kept = chosen & (fate >= 0.9)
    return torch.stack((torch.where(kept, anything, read), labels))


def _inverted(tokens: Tensor, chosen: Tensor, fate: Tensor, anything: Tensor, mask: int) -> Tensor:
    read, _ = read_and_labels(tokens, chosen, fate, anything, mask)
    return _with_labels(tokens, read, chosen)


def _batches(draw: Draw) -> Sequence[Inputs]:
    """In each some chosen words stay as they are."""
    cases: list[Inputs] = []
    for shape in ((2, 6), (3, 9), (1, 5), (4, 7)):
        tokens, fate = draw.below(50, *shape) + 5, draw.uniform(*shape)
        chosen, anything = draw.either(*shape), draw.below(50, *shape) + 5
        chosen[0, 0], fate[0, 0] = True, 0.95
        cases.append((tokens, chosen, fate, anything, 3 + len(tokens) % 3))
    return cases


READ_AND_LABELS = in_code(
    read_and_labels,
    _batches,
    known={
        "this is still the code as given. Take a word that was chosen and stays as it is: "
        "is it asked about?": _as_given,
        "now only the masked words are asked about; the random ones and those that stay are "
        "chosen too.": _masked_only,
        "now every word is asked about, chosen or not: copying teaches nothing.": _all_asked,
        "the label is the word that was written, not the one that is read.": _asked_for_the_read,
        "the last tenth of the chosen words must stay as they are; what is read was right.": (
            _none_kept
        ),
        "you ask about the words that were not chosen: the mask is inverted.": _inverted,
    },
    kind="whole numbers",
    shape="(2, B, T): what is read, and the labels",
    place=lambda which, text, place: (
        f"{('what is read', 'the label')[which]} in text {text}, place {place},"
    ),
    advice="not these: what is read is right as given; a label stands wherever a word was chosen.",
    also={
        "what is read, and the labels": lambda *given: read_and_labels(*given)[1],
        "whole numbers should come back": lambda *given: read_and_labels(*given).float(),
        "is right as given": lambda *given: read_and_labels(*given) + 1,
    },
    praise="Now one chosen word in ten is asked about while it stands there in the open.",
)
