"""The differences printed beside the oracles are measured ones."""

import json
import subprocess
import sys

import pytest
import torch
from environment import ROOT

from course.catalogue import CATALOGUE
from course.catalogue.differences import Watch, stored

CHEAP = (
    "tests/lib/oracles/test_scores.py::test_dot_equals_pytorch_with_scale_1",
    "tests/lib/oracles/test_second_oracles_of_sums.py::"
    "test_full_linear_attention_equals_flash_linear_attention",
    "tests/lib/oracles/test_second_oracles_of_sums.py::"
    "test_full_attention_free_equals_pytorch_channel_by_channel",
)


def test_every_oracle_has_a_stored_difference_and_nothing_else_has():
    assert stored().keys() == {entry.test for entry in CATALOGUE}, (
        "run: python -m course.catalogue --measure"
    )


@pytest.mark.parametrize("entry", CATALOGUE, ids=lambda entry: entry.name)
def test_a_type_is_its_oracle_up_to_rounding_or_approaches_it(entry):
    most = 0.01 if "approached" in entry.oracle else 2e-6
    assert 0 <= stored()[entry.test] < most


def test_measured_again_they_are_as_stored():
    code = "import json, sys; from course.catalogue.differences import measured\n"
    code += "found = measured(sys.argv[1:])\nprint(json.dumps(found))"
    run = [sys.executable, "-c", code, *CHEAP]
    ended = subprocess.run(run, cwd=ROOT, capture_output=True, text=True, check=True)
    found = json.loads(ended.stdout.splitlines()[-1])
    assert found.keys() == set(CHEAP)
    for node, difference in found.items():
        assert stored()[node] / 8 < difference < stored()[node] * 8  # another processor rounds else


def test_the_largest_difference_in_the_widest_type_counts():
    watch, one = Watch(), torch.ones(2, dtype=torch.float64)
    with watch.comparisons():
        watch.test = "some.py::test[a]"
        torch.testing.assert_close(one.float(), one.float() + 0.25, rtol=0, atol=1)
        torch.testing.assert_close(one, one + torch.tensor([0.0, 2**-30]))
        watch.test = "some.py::test[b]"
        torch.testing.assert_close(one, one + 2**-31)
        watch.test = "some.py::test_other"
        torch.testing.assert_close(one, one + 2**-29)
        watch.test = "some.py::test_selects"
        assert torch.equal(one > 0, one > 0)
        assert not torch.equal(one, -one)
    assert watch.largest("some.py::test") == 2**-30
    assert watch.largest("some.py::test[b]") == 2**-31
    assert watch.largest("some.py::test_selects") == 0
    assert watch.largest("some.py::test_that_is_not_there") is None
