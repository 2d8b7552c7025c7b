"""Everything public that computes on tensors, given what it should not be given.

A case for each stands in public_cases, and what has none in public_cases/exempt.py. A
new public function fails the first test here until it has one or the other.
"""

import fnmatch
from dataclasses import replace
from functools import partial

import pytest
import torch
from public_cases import CASES, exempt, required
from public_cases.case import arguments, run, valid
from public_cases.exempt import SINGLE
from public_cases.masked import Hidden, computed, gives_weights, results, takes_mask
from public_cases.spoiling import (
    build_arguments,
    change,
    is_module,
    other_sizes,
    outcome,
    shape_told,
    tensor_of,
    tensors_in,
    whole_numbers,
    with_size,
)


@pytest.fixture(scope="module", autouse=True)
def a_group_of_one_process():
    """For what runs over several: here it finds itself alone."""
    store = torch.distributed.HashStore()
    torch.distributed.init_process_group("gloo", store=store, rank=0, world_size=1)
    yield
    torch.distributed.destroy_process_group()


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


@every
@pytest.mark.parametrize("letter", ["B", "H", "G", "T", "Tq", "Tk", "S", "N", "height", "width"])
def test_no_one_and_many_of_anything_give_what_the_signature_tells(name, case, letter):
    """Empty, of one and longer: sequences, heads, batches; so also more queries than keys."""
    for number in (0, 1, 8):
        other = with_size(name, case, letter, number)
        if other is not None:
            result = outcome(name, other, valid(name, other))
            for tensor in tensors_in(result):
                assert tensor.isfinite().all() or not case.finite, number
            told = shape_told(name, other)
            if isinstance(result, torch.Tensor) and told is not None:
                assert tuple(result.shape) == told


@every
def test_numbers_that_mean_nothing_are_named_or_computed(name, case):
    """Whole numbers: 0, negative, a fraction; heads that do not divide."""
    for argument in whole_numbers(case.given):
        for number in (0, -1, 2.5):
            inputs = {**valid(name, case), argument: number}
            for tensor in tensors_in(outcome(name, case, inputs)):
                assert tensor.isfinite().all() or not case.finite, f"{argument} = {number}"
    for argument in {"heads", "key_heads"} & set(build_arguments(case)):
        for number in (0, -1, 2.5, 3, 5):
            other = replace(case, build=partial(case.build, **{argument: number}))
            outcome(name, other, valid(name, case))


MEANS = {name: case for name, case in CASES.items() if case.mean}


@pytest.mark.parametrize(("name", "case"), MEANS.items(), ids=MEANS)
def test_of_one_key_the_output_is_its_value(name, case):
    letter = "T" if with_size(name, case, "T", 1) else "Tk"
    one = with_size(name, with_size(name, case, letter, 1), "Tq", 1) or with_size(
        name, case, letter, 1
    )
    inputs = valid(name, one)
    output = tensors_in(outcome(name, one, inputs))[0]
    value = inputs["value"].repeat_interleave(output.shape[1] // inputs["value"].shape[1], dim=1)
    torch.testing.assert_close(output, value.expand_as(output))


MASKED = {name: case for name, case in CASES.items() if takes_mask(name, case)}


@pytest.mark.parametrize(("name", "case"), MASKED.items(), ids=MASKED)
@pytest.mark.parametrize("rubbish", [torch.nan, torch.inf])
def test_what_a_mask_hides_reaches_no_output_and_no_gradient(name, case, rubbish):
    """As if zeros stood there: in the outputs and in every input's and parameter's gradient."""
    hidden = Hidden(name, case)
    outputs, gradients = results(name, case, hidden.inputs(rubbish))
    expected, expected_gradients = results(name, case, hidden.inputs(0.0))
    for ours, theirs in zip(outputs + gradients, expected + expected_gradients, strict=True):
        assert ours.isfinite().all()
        torch.testing.assert_close(ours, theirs)


MASKS_ALONE = {
    "parallel.*": "each process lays a part of the rule, which booleans do not say",
}


def takes_booleans(name, case):
    """Whether booleans can say all that the mask it takes says: of padding alone they cannot."""
    alone = any(fnmatch.fnmatch(name, pattern) for pattern in MASKS_ALONE)
    return not alone and not Hidden(name, case).only_padding


BOOLEAN = {name: case for name, case in MASKED.items() if takes_booleans(name, case)}


@pytest.mark.parametrize(("name", "case"), BOOLEAN.items(), ids=BOOLEAN)
def test_a_boolean_tensor_is_as_good_as_the_mask_it_spells_out(name, case):
    hidden = Hidden(name, case)
    outputs, gradients = results(name, case, hidden.inputs(0.0))
    booleans = hidden.inputs(0.0) | {"mask": hidden.mask().allowed}
    ours, ours_gradients = results(name, case, booleans)
    for one, other in zip(ours + ours_gradients, outputs + gradients, strict=True):
        assert torch.equal(one, other)


ATTENDED = {name: case for name, case in MASKED.items() if gives_weights(name)}


@pytest.mark.parametrize(("name", "case"), ATTENDED.items(), ids=ATTENDED)
def test_a_query_that_sees_nothing_gets_nothing(name, case):
    hidden = Hidden(name, case)
    seen, _ = computed(name, case, hidden.inputs(1.0))
    assert not seen.weights[..., hidden.key].any()
    if hidden.query_letter:
        assert not seen.weights[:, :, hidden.query].any()
        assert not seen.output[:, :, hidden.query].any()


NORMALIZERS = {
    name: case for name, case in CASES.items() if {"scores", "allowed"} <= set(case.axes)
}


@pytest.mark.parametrize(("name", "case"), NORMALIZERS.items(), ids=NORMALIZERS)
@pytest.mark.parametrize("rubbish", [torch.nan, torch.inf, -torch.inf])
def test_scores_that_are_not_allowed_are_not_read(name, case, rubbish):
    """Nor in a row with nothing allowed, whose weights are 0 and whose gradients are finite."""
    inputs = valid(name, case, torch.float64)
    inputs["allowed"] = inputs["allowed"].clone()
    inputs["allowed"][..., 0, :] = False
    scores, hidden = inputs["scores"], ~inputs["allowed"]
    outputs, gradients = results(
        name, case, {**inputs, "scores": scores.masked_fill(hidden, rubbish)}
    )
    expected = results(name, case, {**inputs, "scores": scores.masked_fill(hidden, 0)})
    for ours, theirs in zip(outputs + gradients, expected[0] + expected[1], strict=True):
        assert ours.isfinite().all() or not case.finite
        torch.testing.assert_close(ours, theirs)
    assert not outputs[0].masked_fill(~hidden, 0).any() or not case.finite
