"""Weights in 8 bits are nearly the same, and the page's models say what the chapters' say."""

import gzip

import pytest
import torch
from safetensors.torch import load, save

from attnlib.inspect.ablation import head_counts, heads_off
from course.checkpoints import from_8_bits, in_8_bits
from course.data import plays, translation
from course.language import writer
from course.widgets import _next_word
from course.widgets._assets import ASSETS, asset_bytes
from course.widgets.page import asset_script
from course.widgets.translator import SENTENCES, in_the_page, trained


def test_a_weight_is_off_by_half_a_step_of_its_row():
    torch.manual_seed(0)
    weights = {"matrix": torch.randn(50, 96) * torch.logspace(-3, 3, 50)[:, None]}
    found = from_8_bits(in_8_bits(weights))["matrix"]
    step = weights["matrix"].abs().amax(dim=1, keepdim=True) / 127
    off = (found - weights["matrix"]).abs() / step
    assert 0.49 < off.max() <= 0.501


def test_weights_of_three_axes_are_refused():
    with pytest.raises(ValueError, match=r"filters must have two axes at most, got \(2, 3, 4\)"):
        in_8_bits({"filters": torch.ones(2, 3, 4)})


def test_rows_of_zeros_stay_zeros_and_single_axes_keep_16_bits():
    weights = {"matrix": torch.tensor([[0.0, 0.0], [1.0, -0.5]]), "bias": torch.tensor([0.1, 3.0])}
    stored = in_8_bits(weights)
    assert stored["matrix"].dtype == torch.int8
    assert stored["matrix"].tolist() == [[0, 0], [127, -64]]
    assert stored["matrix.factors"].shape == (2, 1)
    assert stored["bias"].dtype == stored["matrix.factors"].dtype == torch.float16
    found = from_8_bits(load(save(stored)))
    assert found.keys() == {"matrix", "bias"}
    assert found["matrix"][0].tolist() == [0, 0]
    torch.testing.assert_close(found["bias"], weights["bias"].half().float(), rtol=0, atol=0)


def test_the_pages_translator_writes_500_held_out_sentences_as_the_chapters_does():
    held_out = [pair.source for pair in translation.load().test[::4]]
    assert len(held_out) == 500
    assert in_the_page()[0].greedy(held_out) == trained()[0].greedy(held_out)


def test_without_any_one_head_both_write_the_prepared_sentences_alike():
    (ours, light), (theirs, whole) = in_the_page(), trained()
    sources = [tuple(sentence.split()) for sentence in SENTENCES]
    for layer, heads in head_counts(whole).items():
        for head in range(heads):
            with heads_off(light, {layer: [head]}), heads_off(whole, {layer: [head]}):
                assert ours.greedy(sources) == theirs.greedy(sources), (layer, head)


@torch.no_grad()
def test_the_pages_gpt_expects_the_plays_as_well_as_the_chapters():
    light, whole = _next_word.in_the_page(), writer.load(_next_word.CHECKPOINT)
    numbers = whole.tokenizer.encode(plays.load().held_out[:20_000])
    rows = torch.tensor(numbers[: len(numbers) // whole.context * whole.context])
    rows = rows.view(-1, whole.context)
    surprises = [
        torch.nn.functional.cross_entropy(
            one.model(rows[:, :-1]).flatten(0, 1), rows[:, 1:].flatten()
        ).item()
        for one in (light, whole)
    ]
    assert surprises[0] == pytest.approx(surprises[1], abs=2e-3)


@pytest.mark.parametrize("name", ASSETS)
def test_a_page_loads_at_most_half_a_megabyte_for_a_model(name):
    script = asset_script(name, asset_bytes(name, ASSETS[name]))
    assert len(gzip.compress(script.encode(), mtime=0)) <= 500_000
