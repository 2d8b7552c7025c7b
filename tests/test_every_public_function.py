"""Everything public that computes on tensors, given what it should not be given.

A case for each stands in tests/public_cases, and what has none in tests/public_cases/exempt.py. A
new public function fails the first test here until it has one or the other.
"""

import fnmatch

import pytest
import torch
from public_cases import CASES, exempt, required
from public_cases.case import arguments, run, valid
from public_cases.exempt import SINGLE
from public_cases.spoiling import change, is_module, other_sizes, outcome, tensor_of, tensors_in

every = pytest.mark.parametrize(("name", "case"), CASES.items(), ids=CASES)


def test_nothing_public_is_without_a_case_or_a_reason():
    covered = {name.partition(",")[0] for name in CASES}
    assert [name for name in required() if name not in covered and not exempt(name)] == []


def test_every_case_and_every_exemption_is_of_something_public():
    known = required()
    assert {name.partition(",")[0] for name in CASES} <= set(known)
    assert [pattern for pattern in SINGLE if not fnmatch.filter(known, pattern)] == []


@every
def test_valid_arguments_give_finite_numbers(name, case):
    for tensor in tensors_in(run(name, case, valid(name, case))):
        assert tensor.isfinite().all() or not case.finite


@every
def test_what_is_no_tensor_is_named(name, case):
    inputs = valid(name, case)
    for argument in arguments(name, case):
        for value in (3.0, [[1.0]], "abc"):
            assert isinstance(outcome(name, case, change(inputs, argument, value)), TypeError)


@every
def test_numbers_of_another_kind_are_named(name, case):
    """Integers where fractions are wanted, fractions where integers or booleans are."""
    inputs = valid(name, case)
    for argument in arguments(name, case):
        tensor = tensor_of(inputs, argument)
        if argument.kind in ("Float", "Int", "Bool"):
            other = tensor.long() if argument.kind == "Float" else tensor.float()
            assert isinstance(outcome(name, case, change(inputs, argument, other)), TypeError)


@every
@pytest.mark.parametrize("dtype", [torch.float64, torch.bfloat16])
def test_another_precision_is_named_or_changes_nothing(name, case, dtype):
    inputs = valid(name, case)
    expected = tensors_in(run(name, case, inputs))
    tolerance = {"rtol": 0.1, "atol": 0.1} if dtype == torch.bfloat16 else {}
    for argument in arguments(name, case):
        if argument.kind in ("Float", "Real"):
            other = tensor_of(inputs, argument).to(dtype)
            result = outcome(name, case, change(inputs, argument, other))
            if not isinstance(result, Exception):
                for ours, theirs in zip(tensors_in(result), expected, strict=True):
                    torch.testing.assert_close(ours.float(), theirs.float(), **tolerance)


@every
def test_another_device_is_named(name, case):
    """The device `meta` stands for a second one: its tensors have shapes but no numbers."""
    inputs, all_arguments = valid(name, case), arguments(name, case)
    for argument in all_arguments:
        alone = len(all_arguments) == 1 and not is_module(case)
        if not alone and argument.name not in case.moved:
            elsewhere = tensor_of(inputs, argument).to("meta")
            result = outcome(name, case, change(inputs, argument, elsewhere))
            assert isinstance(result, ValueError), f"{argument.name} was taken"


@every
def test_a_wrong_number_of_axes_is_named(name, case):
    inputs = valid(name, case)
    for argument in arguments(name, case):
        tensor = tensor_of(inputs, argument)
        for other in (tensor[None], tensor[0]):
            if not argument.open:
                result = outcome(name, case, change(inputs, argument, other))
                assert isinstance(result, ValueError), f"{argument.name} {tuple(other.shape)}"


@every
def test_sizes_that_disagree_are_named_and_others_computed(name, case):
    """Batch, heads that do not divide, lengths (also 0 and 1, and unequal ones), last sizes."""
    for changed, inputs, fits_together in other_sizes(name, case):
        result = outcome(name, case, inputs)
        assert fits_together or isinstance(result, ValueError), f"{changed} was taken"
        for tensor in tensors_in(result):
            assert tensor.isfinite().all() or not case.finite, changed
