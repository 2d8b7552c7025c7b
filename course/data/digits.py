"""Handwritten digits of 8 × 8 pixels, held out by the form they were written on.

1,797 pictures that come with scikit-learn (`load_digits`): the test part of the UCI set of optical
recognition of handwritten digits (Alpaydin & Kaynak, 1998), by 13 people. The order of the labels
shows the form that was filled in: it begins `0123456789` three times over and repeats 14 times.
Whole forms are held out, so that a model is tested on handwriting it has not seen.
"""

from typing import NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Tensor

INK = 16  # the darkest pixel as it is stored: how many of 4 × 4 dots were on
FORM = 30  # three times the ten digits: how every form begins
VALID_FROM, TEST_FROM = 1157, 1287  # where the forms 10 and 11 begin: 9 train, 1 valid, 4 test


class Pictures(NamedTuple):
    """Pictures with ink from 0 to 1, and the digit that each one shows."""

    images: Float[Tensor, "N 1 8 8"]
    labels: Int[Tensor, " N"]

    def take(self, which: Int[Tensor, " K"] | slice) -> "Pictures":
        """Some of them."""
        return Pictures(self.images[which], self.labels[which])


class Digits(NamedTuple):
    train: Pictures
    valid: Pictures
    test: Pictures


def load() -> Digits:
    """The pictures, split by form: 1,157 to train on, 130 to validate, 510 to test."""
    whole = everything()
    return Digits(
        whole.take(slice(VALID_FROM)),
        whole.take(slice(VALID_FROM, TEST_FROM)),
        whole.take(slice(TEST_FROM, None)),
    )


def load_mixed(seed: int = 0) -> Digits:
    """The same sizes drawn at random: every test picture's writer is in the training part too."""
    whole = everything()
    order = torch.randperm(len(whole.labels), generator=torch.Generator().manual_seed(seed))
    return Digits(
        whole.take(order[:VALID_FROM]),
        whole.take(order[VALID_FROM:TEST_FROM]),
        whole.take(order[TEST_FROM:]),
    )


def everything() -> Pictures:
    """All pictures, in the order in which they come.

    Raises ModuleNotFoundError when scikit-learn is missing.
    """
    try:
        from sklearn.datasets import load_digits
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            "the digits come with scikit-learn, which is not installed: pip install scikit-learn"
        ) from error
    stored = load_digits()
    images = torch.tensor(stored.images, dtype=torch.float32).unsqueeze(1) / INK
    return Pictures(images, torch.tensor(stored.target))


def shifted(
    images: Float[Tensor, "N C Y X"], generator: torch.Generator
) -> Float[Tensor, "N C Y X"]:
    """Each picture moved by −1, 0 or 1 pixel down and right, at random; what comes in is blank."""
    height, width = images.shape[2:]
    framed = torch.nn.functional.pad(images, (1, 1, 1, 1))
    down, right = torch.randint(3, (2, len(images), 1), generator=generator)
    rows = (down + torch.arange(height))[:, None, :, None]
    columns = (right + torch.arange(width))[:, None, None, :]
    number = torch.arange(len(images))[:, None, None, None]
    channel = torch.arange(images.shape[1])[None, :, None, None]
    return framed[number, channel, rows, columns]
