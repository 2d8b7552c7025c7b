"""The examples in the docstrings of the names that are used most give what stands below them."""

import doctest

import pytest
import torch
from torch import nn

from attnlib import attention
from attnlib.caches import KVCache
from attnlib.heads import MultiHeadAttention
from attnlib.inspect import record_attention
from attnlib.masks import Causal, Padding, Window
from attnlib.normalizers import sparsemax
from attnlib.positions import rotate, sinusoidal
from attnlib.scores import Additive

MOST_USED = (
    attention,
    MultiHeadAttention,
    Causal,
    Window,
    Padding,
    rotate,
    sinusoidal,
    sparsemax,
    Additive,
    KVCache,
    record_attention,
)
NAMES = {thing.__name__: thing for thing in MOST_USED} | {"torch": torch, "nn": nn}


@pytest.mark.parametrize("thing", MOST_USED, ids=lambda thing: thing.__name__)
def test_the_example_gives_what_stands_below_it(thing):
    parser, runner = doctest.DocTestParser(), doctest.DocTestRunner(verbose=False)
    example = parser.get_doctest(thing.__doc__, dict(NAMES), thing.__name__, None, None)
    said: list[str] = []
    failed, tried = runner.run(example, out=said.append)
    assert tried > 0
    assert failed == 0, "".join(said)
