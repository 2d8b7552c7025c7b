"""The zoo's pictures are what the types compute; TYPES.md is current."""

import re
from functools import cache
from pathlib import Path

import pytest
import torch

from attnlib import Attended
from course.catalogue import CATALOGUE, output_of, run
from course.catalogue.__main__ import listing, markdown
from course.catalogue.papers import papers
from course.catalogue.pictures import SENTENCE, Picture, folded, picture, sentence_inputs
from course.translation import pretrained

TYPES = Path(__file__).parents[2] / "TYPES.md"
EXACT = {"rtol": 1e-9, "atol": 1e-10}
CHANNEL_BY_CHANNEL = {
    "RWKV time mixing",
    "AFT-full",
    "AFT-local",
    "AFT-simple",
    "Gated DeltaNet-2",
    "2-simplicial",
    "Selective scan (Mamba)",
}

NOT_LINEAR_IN_ITS_VALUES = {"TTT-linear"}  # a layer norm comes last


def every(select=lambda entry: True):
    entries = [entry for entry in CATALOGUE if select(entry)]
    return pytest.mark.parametrize("entry", entries, ids=lambda entry: entry.name)


def having(*names):
    return every(lambda entry: set(names) <= entry.properties)


@cache
def shown_of(name: str) -> Picture:
    (entry,) = (entry for entry in CATALOGUE if entry.name == name)
    return picture(entry)


def on_words(entry):
    return entry.inputs != "image"


@every()
def test_every_type_has_a_picture_of_finite_numbers(entry):
    shown = shown_of(entry.name)
    assert shown.matrix.isfinite().all()
    assert shown.matrix.abs().max() > 0
    if on_words(entry):
        assert shown.matrix.shape[1] == len(SENTENCE)


@having("normalized")
def test_rows_of_normalized_weights_sum_to_one(entry):
    shown = shown_of(entry.name)
    if shown.kind == "weights":
        torch.testing.assert_close(shown.matrix.sum(1), torch.ones(6).double(), **EXACT)
    else:
        assert output_of(run(entry.example, *sentence_inputs(entry))).isfinite().all()


def weighs_every_pair(entry):
    shown = shown_of(entry.name)
    return shown.kind == "weights" and bool((shown.matrix > 0).all())


def test_types_that_weigh_every_pair_cost_at_least_their_number():
    weighing = {entry.name: entry.time for entry in CATALOGUE if weighs_every_pair(entry)}
    assert {"Scaled dot product", "Additive"} <= set(weighing)
    times = r"T²|(N|T|Tq) · (T|K|Tk) |\(T \+ R\)²|(rounds|steps) · "
    assert {name: time for name, time in weighing.items() if not re.match(times, time)} == {}


@having("weighted sum")
def test_a_picture_of_weights_times_the_values_is_the_output(entry):
    inputs = sentence_inputs(entry)
    result = run(entry.example, *inputs)
    assert isinstance(result, Attended)
    shown = shown_of(entry.name)
    assert shown.kind == "weights"
    torch.testing.assert_close(shown.matrix @ inputs[2][-1, 0], result.output[-1, 0], **EXACT)


def takes_a_share(entry):
    apart = CHANNEL_BY_CHANNEL | NOT_LINEAR_IN_ITS_VALUES
    return entry.name not in apart and shown_of(entry.name).kind == "share of values"


def sums_to_its_output(entry):
    inputs = sentence_inputs(entry)
    output = output_of(run(entry.example, *inputs))[-1, 0]
    return torch.allclose(shown_of(entry.name).matrix @ inputs[2][-1, 0], output, **EXACT)


def test_a_share_of_values_times_the_values_is_the_output():
    taking = [entry for entry in CATALOGUE if takes_a_share(entry)]
    assert [entry.name for entry in taking if not sums_to_its_output(entry)] == []


def test_recurrences_with_a_matrix_of_their_own_take_shares():
    names = {entry.name for entry in CATALOGUE if takes_a_share(entry)}
    assert {"Retention", "DeltaNet", "Gated DeltaNet", "Kimi delta attention"} <= names


@having("causal")
def test_pictures_of_causal_types_show_no_future(entry):
    assert shown_of(entry.name).matrix.triu(diagonal=1).abs().max() == 0


def test_differential_attention_is_not_shown_by_one_of_its_two_maps():
    assert shown_of("Differential attention").kind == "reach"


def test_plain_attention_is_the_translators_own_map_without_positions():
    translator = pretrained.load("translation_transformer")
    layer = translator.model.encoder[0].self_attention
    table = translator.model.source_embedding.table
    words = torch.tensor([translator.source_vocabulary.encode(SENTENCE)])
    seen = layer.attend(*layer.project(table[words] * table.shape[1] ** 0.5)).weights[0, 0]
    shown = picture(CATALOGUE[0]).matrix
    torch.testing.assert_close(seen.detach().double(), shown, rtol=1e-4, atol=1e-5)


def test_folding_keeps_every_product():
    source = torch.Generator().manual_seed(0)
    rows, columns = torch.randn(2, 3, 6, 24, generator=source, dtype=torch.float64)
    left, right = folded(rows, columns, 8)
    assert left.shape == right.shape == (3, 6, 8)
    torch.testing.assert_close(left @ right.mT, rows @ columns.mT, **EXACT)


def test_a_reference_names_one_two_or_many_authors_and_the_year():
    assert papers()["nadaraya1964"].reference == "Nadaraya, 1964"
    assert papers()["dao2024"].reference == "Dao and Gu, 2024"
    assert papers()["vaswani2017"].reference == "Vaswani et al., 2017"
    assert papers()["zhang2023"].reference == "Zhang et al., 2023"  # the file says "and others"
    assert papers()["beltagy2020"].address == "https://arxiv.org/abs/2004.05150"


def test_the_table_of_types_is_current():
    assert TYPES.read_text() == markdown() + "\n", "run: python -m course.catalogue --markdown"


def test_the_listing_names_every_type_with_its_oracle():
    said = listing()
    assert all(f"  {entry.name} " in said and entry.test in said for entry in CATALOGUE)
    assert said.endswith(f"{len(CATALOGUE)} attention types")
