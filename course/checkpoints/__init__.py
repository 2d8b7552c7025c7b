"""The trained models of the course, and how one is written and read.

checkpoints.names()                               which there are
checkpoints.load("translation_transformer")       one of them, ready to use
checkpoints.details("translation_transformer")    what its json says
"""

from course.checkpoints._replacing import replace_at_once
from course.checkpoints.eight_bits import from_8_bits, in_8_bits, round_to_8_bits
from course.checkpoints.files import CHECKPOINTS, details, names, read, round_weights, write
from course.checkpoints.kinds import load

__all__ = [
    "load",
    "details",
    "names",
    "read",
    "write",
    "round_weights",
    "in_8_bits",
    "from_8_bits",
    "round_to_8_bits",
    "replace_at_once",
    "CHECKPOINTS",
]
