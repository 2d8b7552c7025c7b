"""Handwritten digits: the networks that read them, and their training.

>>> model = load("digits_vit")
"""

from course.digits import networks
from course.digits.networks import load, untrained

__all__ = ["load", "untrained", "networks"]
