"""depth: the stored stacks are measured, and the picture finds and tells the right one."""

from itertools import product

import pytest
import torch

from course.widgets._depth import DEEPEST, depth, measure, stacks

VIEW = "depth.js"
WAYS = list(product((False, True), repeat=3))
NAMES = ("residual", "orthogonal", "alone")


@pytest.mark.parametrize("ways", WAYS)
def test_the_picture_finds_the_stack_that_was_built_so(javascript, ways):
    found = javascript(VIEW, "stackOf", stacks(), dict(zip(NAMES, ways, strict=True)))
    assert found["ways"] == list(ways)
    assert (found["spread"][3], found["gradient"][3]) == pytest.approx(measure(4, *ways), rel=0.01)
    assert len(found["spread"]) == len(found["gradient"]) == DEEPEST


def test_what_the_chapter_says_of_the_stacks_is_so():
    by_ways = {tuple(one["ways"]): one for one in stacks()}
    bare, added = by_ways[False, False, False], by_ways[True, False, False]
    assert bare["spread"][3] < 0.05 < 0.5 < added["spread"][3]
    assert bare["gradient"][7] < 0.001 < 640**-0.5 < added["gradient"][7]  # that of no layer at all
    assert by_ways[False, False, True]["gradient"][7] < 0.001  # averaging is not to blame


def test_the_sentence_reads_the_two_numbers(javascript):
    stack = {"spread": [0.5, 0.004], "gradient": [0.31, 0.0002]}
    assert javascript(VIEW, "describe", stack, 2) == (
        "After 2 layers the spread is 0.004 of the size: all ten words are the same word. "
        "The gradient at the bottom is 0.0002 (without any layer 0.04): hardly anything of it "
        "arrives."
    )


def test_measuring_leaves_the_random_numbers_as_they_were():
    torch.manual_seed(3)
    before = torch.random.get_rng_state()
    measure(2, True, True, False)
    assert torch.equal(torch.random.get_rng_state(), before)


def test_more_layers_than_were_measured_are_refused():
    with pytest.raises(ValueError, match="layers must lie between 1 and 12, got 13"):
        depth(13)
