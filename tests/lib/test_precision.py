"""16 bits: no type errs more than twice as much as when every step is rounded to 16 bits."""

import sys

import pytest
import torch

from attnlib.dispatch import Plan
from course.catalogue import CATALOGUE, example_inputs, output_of, run

DEVICES = ["cpu"] + (["cuda"] if torch.cuda.is_available() else [])
SEEDS = range(3)
SOLVER = "attnlib.positions.householder"  # no 16-bit solver of triangular systems: stays as it is
NEED_ONE = {"DeltaFormer", "MesaNet", "Local linear attention"}  # in every form
ENTRIES = [entry for entry in CATALOGUE if entry.name not in NEED_ONE]


def error(example, inputs, reference):
    return (output_of(run(example, *inputs)).float() - reference).square().mean()


def naive(entry):
    """The example, or its recurrent form: chunks of the delta rules need a solver as well."""
    return entry.forms.get("recurrent", entry.example)


def all_in_16_bits(patch):
    """Every call takes the reference, and nothing is widened to float32."""
    for name, module in list(sys.modules.items()):
        if name.startswith("attnlib.") and hasattr(module, "at_least_float32") and name != SOLVER:
            patch.setattr(module, "at_least_float32", lambda states: states)
    patch.setattr(sys.modules["attnlib._attention"], "choose", lambda *_: Plan("reference", ""))


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.name)
@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_the_error_is_at_most_twice_that_of_16_bits_throughout(entry, device, dtype):
    short = [example_inputs(entry, dtype=dtype, device=device, seed=seed) for seed in SEEDS]
    wide = [output_of(run(entry.example, *(x.float() for x in inputs))) for inputs in short]
    ours = [error(entry.example, *case) for case in zip(short, wide, strict=True)]
    with pytest.MonkeyPatch.context() as patch:
        all_in_16_bits(patch)
        theirs = [error(naive(entry), *case) for case in zip(short, wide, strict=True)]
    assert sum(ours) ** 0.5 <= 2 * sum(theirs) ** 0.5


def test_rounding_every_step_errs_more_than_rounding_the_output():
    """So the test above holds attnlib against something that is worse, and not against itself."""
    entry = CATALOGUE[0]
    inputs = example_inputs(entry, dtype=torch.bfloat16)
    wide = output_of(run(entry.example, *(x.float() for x in inputs)))
    ours = error(entry.example, inputs, wide)
    with pytest.MonkeyPatch.context() as patch:
        all_in_16_bits(patch)
        assert error(entry.example, inputs, wide) > 2 * ours
