"""block_parts: the page counts what a model of these parts has."""

import itertools
import re

import pytest
import torch

from course.language.today import Parts, Today
from course.widgets._block_parts import KEY_HEADS, SIZES, SWITCHES, block_parts, counts

VIEW = "block_parts.js"
SMALL = {"words": 7, "size": 36, "heads": 9, "layers": 2, "wide": 12, "longest": 5}
CHOICES = list(itertools.product((0, 1), (0, 1), (0, 1), (0, 1, 2), *[(False, True)] * 3))


def parts_of(norm, feed, places, shared, qk_norm, biases, tied):
    return Parts(
        norm=("layer", "rms")[norm],
        feed=("gelu", "swiglu")[feed],
        positions=("learned", "rotary")[places],
        key_heads=KEY_HEADS[shared],
        qk_norm=qk_norm,
        biases=biases,
        tied=tied,
    )


@pytest.mark.parametrize("choice", CHOICES[::7])
def test_parameters_are_those_of_the_model(javascript, choice):
    shown = javascript(VIEW, "counts", SMALL, dict(zip(SWITCHES, choice, strict=True)))
    sizes = {"size": 36, "heads": 9, "layers": 2, "hidden": 8 if choice[1] else 12, "longest": 5}
    with torch.device("meta"):
        model = Today(7, parts_of(*choice), **sizes)
    assert sum(shown.values()) == sum(weight.numel() for weight in model.parameters())
    assert shown["table of tokens"] == model.words.weight.numel()
    attention = model.blocks[0].attention
    ends = [*attention.query.parameters(), *attention.output.parameters()]
    assert shown["query and output"] == 2 * sum(weight.numel() for weight in ends)


@pytest.mark.parametrize("choice", CHOICES[::5])
def test_the_still_picture_counts_as_the_page_does(javascript, choice):
    shown = javascript(VIEW, "counts", SIZES, dict(zip(SWITCHES, choice, strict=True)))
    norm, feed, places, shared, *rest = choice
    assert shown == counts(norm, feed, places, KEY_HEADS[shared], *rest)


def test_the_parts_of_smollm2_make_134_million(javascript):
    parts = dict(zip(SWITCHES, (1, 1, 1, 1, False, False, True), strict=True))
    assert sum(javascript(VIEW, "counts", SIZES, parts).values()) == 134_515_008
    assert javascript(VIEW, "cacheBytes", SIZES, parts) == 23_040
    assert "SmolLM2" in javascript(VIEW, "whose", parts)[0]
    said = javascript(VIEW, "describe", SIZES, parts)
    assert "134.5 million parameters, 23,040 bytes of cache per token. This is the block" in said


def test_a_block_of_nobodys_says_no_name(javascript):
    parts = dict(zip(SWITCHES, (0, 1, 0, 2, True, True, False), strict=True))
    assert javascript(VIEW, "whose", parts) == []
    assert javascript(VIEW, "describe", SIZES, parts).endswith("bytes of cache per token.")


def test_the_still_picture_shows_the_first_state():
    numbers = re.findall(r">(\d+\.\d\d) M<", block_parts().still)
    assert numbers == [
        f"{count / 1e6:.2f}" for count in counts(0, 0, 0, 9, False, True, True).values()
    ]


@pytest.mark.parametrize("wrong", [{"norm": 2}, {"feed": -1}, {"places": 2}, {"shared": 3}])
def test_what_is_not_there_is_refused(wrong):
    ((name, value),) = wrong.items()
    with pytest.raises(ValueError, match=f"{name} must lie between 0 and .*, got {value}"):
        block_parts(**wrong)
