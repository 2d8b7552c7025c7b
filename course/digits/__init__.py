"""Handwritten digits: the networks that read them, and their training.

>>> model = load("digits_vit")
>>> accuracy(model, course.data.digits.load().test)
"""

from course.digits import networks, train_digits
from course.digits.networks import blank, load, untrained
from course.digits.train_digits import accuracy, digit_loss

__all__ = [
    "load",
    "untrained",
    "accuracy",
    "digit_loss",
    "blank",
    "networks",
    "train_digits",
]
