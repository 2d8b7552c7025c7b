"""What holds for every entry of the registry; a new entry inherits all of it."""

import re
from pathlib import Path
from typing import get_args

import pytest
import torch
from torch.autograd import gradcheck

from attnlib import Attended
from course.catalogue import CATALOGUE, FILES, example_inputs, output_of, run
from course.catalogue.entry import Family

ROOT = Path(__file__).parents[2]
DEVICES = ["cpu"] + (["cuda"] if torch.cuda.is_available() else [])
SIZES = r"\(?(Tq · |T[²√/]?|N( ·|²)|Σ length²|(rounds|steps|edges) ·)"
EXACT = {"rtol": 1e-9, "atol": 1e-10}


def every(select=lambda entry: True):
    entries = [entry for entry in CATALOGUE if select(entry)]
    return pytest.mark.parametrize("entry", entries, ids=lambda entry: entry.name)


def on_sequences(entry):
    return entry.inputs != "image"


def having(name):
    return every(lambda entry: name in entry.properties)


def test_names_are_unique():
    names = [entry.name for entry in CATALOGUE]
    assert len(names) == len(set(names))


def test_every_file_of_entries_has_its_family():
    files = {file.__name__.rpartition(".")[2] for _, file in FILES}
    written = ROOT.glob("course/catalogue/*.py")
    assert files == {path.stem for path in written if "\nENTRIES" in path.read_text()}
    assert {entry.family for entry in CATALOGUE} == set(get_args(Family))


@every(on_sequences)
def test_costs_follow_one_convention(entry):
    """The whole layer in T and D, not the one step that is special about a type."""
    assert re.match(SIZES, entry.time)
    assert re.search(r"· \(?[DA]", entry.time) or "+ D)" in entry.time
    assert not re.search(r"laid out|\ba (token|process|sequence|page)\b", entry.time + entry.memory)


@every(lambda entry: entry.same_as)
def test_what_an_entry_is_the_same_as_stands_by_itself(entry):
    (known,) = [other for other in CATALOGUE if other.name == entry.same_as]
    assert known.same_as == ""


@every(lambda entry: entry.same_as and entry.family == "exact and faster")
def test_another_route_gives_the_same_numbers(entry):
    """A cache stands in a layer: it is held to the layer with the same mask."""
    name = "Causal self-attention" if entry.inputs == "x" else entry.same_as
    (known,) = [other for other in CATALOGUE if other.name == name]
    assert entry.same_as in (known.name, known.same_as)
    inputs = example_inputs(entry)
    expected = output_of(run(known.example, *inputs))
    torch.testing.assert_close(output_of(run(entry.example, *inputs)), expected, **EXACT)


@every()
def test_the_paper_is_in_the_bibliography(entry):
    bibliography = "".join(p.read_text() for p in ROOT.glob("book/*.bib"))
    assert f"{{{entry.cite}," in bibliography


@every()
def test_the_oracle_test_exists(entry):
    path, _, name = entry.test.partition("::")
    assert f"def {name.partition('[')[0]}(" in (ROOT / path).read_text()


@every()
@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
def test_output_keeps_type_and_device_and_is_finite(entry, device, dtype):
    inputs = example_inputs(entry, dtype=dtype, device=device)
    output = output_of(run(entry.example, *inputs))
    assert output.dtype == dtype
    assert output.device.type == device
    assert output.isfinite().all()


@every()
@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_16_bits_come_close_to_float32(entry, device, dtype):
    short = example_inputs(entry, dtype=dtype, device=device)
    wide = output_of(run(entry.example, *(states.float() for states in short)))
    output = output_of(run(entry.example, *short))
    assert output.dtype == dtype
    error = (output.float() - wide).abs().max() / wide.abs().max()
    assert error < 40 * torch.finfo(dtype).eps


@every(lambda entry: entry.inputs != "image")
def test_one_token_is_enough(entry):
    assert output_of(run(entry.example, *example_inputs(entry, length=1))).isfinite().all()


@every(lambda entry: entry.differentiable)
def test_gradients_agree_with_finite_differences(entry):
    inputs = tuple(states.requires_grad_() for states in example_inputs(entry, length=3))
    assert gradcheck(lambda *x: output_of(run(entry.example, *x)), inputs, fast_mode=True)


@having("weighted sum")
def test_output_is_the_weighted_sum_of_the_values(entry):
    query, key, value = example_inputs(entry)
    attended = run(entry.example, query, key, value)
    assert isinstance(attended, Attended)
    torch.testing.assert_close(attended.weights @ value, attended.output, **EXACT)


@having("normalized")
def test_weights_of_a_query_sum_to_1(entry):
    weights = run(entry.example, *example_inputs(entry)).weights
    assert (weights >= 0).all()
    torch.testing.assert_close(weights.sum(-1), torch.ones_like(weights.sum(-1)), **EXACT)


@having("causal")
def test_future_tokens_cannot_change_the_past(entry):
    inputs = example_inputs(entry, length=7)
    other = example_inputs(entry, length=7, seed=1)
    time = {"query, key, value": 2, "x": 1}[entry.inputs]
    before = output_of(run(entry.example, *inputs))
    for past in range(1, 7):
        mixed = [
            torch.cat((a.narrow(time, 0, past), b.narrow(time, past, 7 - past)), dim=time)
            for a, b in zip(inputs, other, strict=True)
        ]
        after = output_of(run(entry.example, *mixed))
        assert torch.equal(after.narrow(time, 0, past), before.narrow(time, 0, past))


@having("unordered")
def test_keys_and_values_permuted_together_change_nothing(entry):
    query, key, value = example_inputs(entry)
    order = torch.tensor([3, 0, 5, 1, 4, 2])
    plain = output_of(run(entry.example, query, key, value))
    permuted = output_of(run(entry.example, query, key[:, :, order], value[:, :, order]))
    torch.testing.assert_close(permuted, plain, **EXACT)


@having("equivariant")
def test_permuted_tokens_give_the_permuted_output(entry):
    inputs = example_inputs(entry)
    order = torch.tensor([3, 0, 5, 1, 4, 2])
    time = {"query, key, value": 2, "x": 1}[entry.inputs]
    output = output_of(run(entry.example, *inputs)).index_select(time, order)
    permuted = output_of(run(entry.example, *(x.index_select(time, order) for x in inputs)))
    torch.testing.assert_close(permuted, output, **EXACT)


FORMS = [(entry, name) for entry in CATALOGUE for name in entry.forms]
LIMITS = [(entry, limit) for entry in CATALOGUE for limit in entry.limits]


@pytest.mark.parametrize(("entry", "form"), FORMS, ids=[f"{e.name}: {f}" for e, f in FORMS])
@pytest.mark.parametrize("length", [1, 5, 8])
def test_every_form_computes_the_same(entry, form, length):
    inputs = example_inputs(entry, length=length)
    expected = output_of(run(entry.example, *inputs))
    torch.testing.assert_close(output_of(run(entry.forms[form], *inputs)), expected, **EXACT)


@pytest.mark.parametrize(
    ("entry", "limit"), LIMITS, ids=[f"{e.name}: {limit.claim}" for e, limit in LIMITS]
)
def test_in_its_limit_it_is_something_known(entry, limit):
    inputs = example_inputs(entry)
    special = output_of(run(limit.special, *inputs))
    torch.testing.assert_close(special, output_of(run(limit.known, *inputs)), **EXACT)
