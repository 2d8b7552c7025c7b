"""broadcasting: shapes meet, repeat and are refused as PyTorch has it."""

from itertools import product

import pytest
import torch

from course.widgets._broadcasting import SHAPES, both, broadcasting, counted

VIEW = "broadcasting.js"


@pytest.mark.parametrize(("first", "second"), [*product(SHAPES, repeat=2)])
def test_two_shapes_meet_as_in_pytorch(javascript, first, second):
    common = javascript(VIEW, "common", first, second)
    added = both(first, second)
    assert common == (None if added is None else list(added.shape))


@pytest.mark.parametrize("shape", [shape for shape in SHAPES if shape != (3,)])
def test_a_tensor_is_repeated_as_expand_does(javascript, shape):
    seen = javascript(VIEW, "stretched", shape, 10, [3, 4])
    assert torch.equal(torch.tensor(seen), counted(shape, 10).expand(3, 4))


def test_the_sentence_adds_the_numbers_that_meet_or_says_why_they_do_not(javascript):
    said = javascript(VIEW, "describe", [3, 1], [1, 4], [1, 2])
    assert said == "(3, 1) and (1, 4) make (3, 4). The number chosen: 2 + 30 = 32."
    said = javascript(VIEW, "describe", [3, 4], [3], [1, 2])
    assert said.startswith("(3, 4) and (3,) do not fit: from the right, 4 stands over 3")


def test_a_shape_that_no_control_offers_is_refused():
    with pytest.raises(ValueError, match=r"first must be one of .* got \(2, 2\)"):
        broadcasting((2, 2))
