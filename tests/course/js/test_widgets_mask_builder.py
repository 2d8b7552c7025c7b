"""mask_builder: its masks are attnlib's, and its leak test says what an experiment finds."""

from itertools import product

import pytest
import torch

from attnlib import masks
from attnlib.heads.multi_head import MultiHeadAttention
from attnlib.inspect.leaks import who_sees_whom
from course.widgets._mask_builder import (
    DOCUMENTS,
    LENGTH,
    WORDS,
    allowed_by,
    mask_builder,
)

VIEW = "mask_builder.js"
EXTREMES = list(product((False, True), (0, 1, 3, 7), (0, 2, 7), (0, 3, 7), (False, True)))


def state(
    causal=False, width=0, prefix=0, hidden=0, apart=False, either=False, layers=1, painted=()
):
    return {
        "causal": causal,
        "width": width,
        "prefix": prefix,
        "real": LENGTH - hidden,
        "apart": apart,
        "either": either,
        "layers": layers,
        "painted": list(painted),
        "documents": list(DOCUMENTS),
    }


def rules_of(causal, width, prefix, hidden, apart):
    rules = [masks.Causal()] if causal else []
    rules += [masks.Window(width)] if width else []
    rules += [masks.Prefix(prefix)] if prefix else []
    rules += [masks.Document(torch.tensor(DOCUMENTS))] if apart else []
    rules += [masks.Padding(torch.tensor([LENGTH - hidden]))] if hidden else []
    return rules


@pytest.mark.parametrize("either", [False, True])
def test_the_masks_are_attnlibs_at_every_end_of_the_controls(javascript, either):
    for chosen in EXTREMES:
        said = javascript(VIEW, "allowedBy", state(*chosen, either=either))
        assert said == allowed_by(rules_of(*chosen), either=either).tolist(), chosen


def test_a_painted_cell_is_turned_over(javascript):
    said = torch.tensor(javascript(VIEW, "allowedBy", state(causal=True, painted=[3, 16])))
    causal = masks.Causal().dense(LENGTH)[0, 0]
    assert (said != causal).nonzero().tolist() == [[0, 3], [2, 0]]


@pytest.mark.parametrize("layers", [1, 2, 4])
@pytest.mark.parametrize("painted", [(), (5,), (15, 3)])
@pytest.mark.parametrize("chosen", [(True, 0), (True, 2), (False, 2), (True, 3)])
def test_what_a_word_knows_is_what_an_experiment_finds(javascript, chosen, painted, layers):
    now = state(*chosen, painted=painted, layers=layers)
    allowed = torch.tensor(javascript(VIEW, "allowedBy", now))
    torch.manual_seed(0)
    stack = [MultiHeadAttention(8, 2).double() for _ in range(layers)]

    def model(x):
        for layer in stack:
            x = x + layer(x, mask=allowed)
        return x

    found = who_sees_whom(model, *torch.randn(2, LENGTH, 8, dtype=torch.float64))
    assert javascript(VIEW, "known", allowed.tolist(), layers) == found.tolist()
    later = found.triu(1).nonzero().tolist()
    assert javascript(VIEW, "leaks", found.tolist()) == later
    verdict = javascript(VIEW, "verdict", now, list(WORDS))
    assert ("the future leaks" in verdict) == bool(later)


def test_the_code_is_what_one_would_write(javascript):
    assert javascript(VIEW, "codeOf", state()) == "mask=None"
    everything = state(True, 3, 2, 1, True, painted=[0])
    assert javascript(VIEW, "codeOf", everything) == (
        "Causal() & Window(3) & Prefix(2) & Document(ids) & Padding([7]), and 1 cell by hand"
    )
    assert javascript(VIEW, "codeOf", state(True, prefix=2, either=True)) == "Causal() | Prefix(2)"


def test_the_verdict_names_a_word_that_sees_nobody(javascript):
    verdict = javascript(VIEW, "verdict", state(True, painted=[0]), list(WORDS))
    assert verdict == (
        "After 1 layer, no word knows a later one: nothing leaks. "
        "“the” (1) may look at nobody: all weights 0."
    )


@pytest.mark.parametrize("wrong", [{"width": 8}, {"width": -1}, {"layers": 0}, {"layers": 5}])
def test_a_value_no_slider_reaches_is_refused(wrong):
    ((name, value),) = wrong.items()
    with pytest.raises(ValueError, match=f"{name} must .* got {value}"):
        mask_builder(**wrong)
