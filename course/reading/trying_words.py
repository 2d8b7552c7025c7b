"""A reader that only looks back fills a blank: it tries every word, and scores the whole sentence.

    p(sentence with w) = p(left) · p(w | left) · p(right | left, w)

The last factor looks right of the blank, at the price of one pass per word of the vocabulary.
"""

from collections.abc import Sequence

import torch
from jaxtyping import Float, Int
from torch import Tensor

from course.data.vocabulary import EOS, SPECIALS, Vocabulary
from course.language.next_word import NextWord

Words = Sequence[str]


def every_word(vocabulary: Vocabulary) -> Int[Tensor, " V"]:
    """The numbers of all words but the special ones."""
    return torch.arange(len(SPECIALS), len(vocabulary))


@torch.no_grad()
def tried(
    reader: NextWord, vocabulary: Vocabulary, words: Words, place: int
) -> Float[Tensor, "2 V"]:
    """With each word at `place`: log p of it after its left side, and of the whole sentence."""
    candidates = every_word(vocabulary)
    numbers = torch.tensor([EOS, *vocabulary.encode(words), EOS]).repeat(len(candidates), 1)
    numbers[:, place + 1] = candidates
    each = -reader.losses(numbers)
    return torch.stack((each[:, place], each.sum(dim=1)))


def shares_right(
    reader: NextWord, vocabulary: Vocabulary, sentences: Sequence[Words]
) -> tuple[float, float]:
    """Each word hidden in turn: how often the likeliest is right, by its left side and by all."""
    right = torch.zeros(2)
    candidates = every_word(vocabulary)
    for words in sentences:
        for place, truth in enumerate(vocabulary.encode(words)):
            best = tried(reader, vocabulary, words, place).argmax(dim=1)
            right += candidates[best] == truth
    left, whole = (right / sum(map(len, sentences))).tolist()
    return left, whole
