"""memory_per_process: the bars are the count, and the count of parameters is a real model's."""

import itertools

import pytest

from attnlib.models.llama import Llama
from course.widgets._memory_per_process import (
    COUNTS,
    LENGTHS,
    MODELS,
    Sizes,
    memory,
    memory_per_process,
)

VIEW = "memory_per_process.js"
EDGES = list(itertools.product(MODELS, (1, 8, COUNTS[-1]), (LENGTHS[0], LENGTHS[-1])))


@pytest.mark.parametrize(("model", "processes", "tokens"), EDGES)
def test_the_memory_is_the_count(javascript, model, processes, tokens):
    place = list(MODELS).index(model)
    drawn = javascript(VIEW, "memory", processes, tokens, memory_per_process().view.models[place])
    found = {way: (parts["state"], parts["tokens"]) for way, parts in drawn.items()}
    assert found == {
        way: pytest.approx(parts) for way, parts in memory(processes, tokens, MODELS[model]).items()
    }


@pytest.mark.parametrize("tables", [1, 2])
def test_the_parameters_are_those_of_a_real_llama(tables):
    sizes = Sizes(layers=2, size=16, keys=8, hidden=24, words=11, tables=tables)
    tied = {"tied": tables == 1}
    model = Llama(11, size=16, heads=4, key_heads=2, layers=2, hidden=24, **tied)
    assert sizes.parameters == sum(parameter.numel() for parameter in model.parameters())


def test_the_models_are_as_large_as_their_names_say():
    counted = [f"{sizes.parameters:.2e}" for sizes in MODELS.values()]
    assert counted == ["1.35e+08", "8.03e+09", "7.06e+10", "4.06e+11"]


def test_the_sentence_says_what_fits(javascript):
    models = memory_per_process().view.models
    found = javascript(VIEW, "memory", 64, 1048576, models[1])
    said = javascript(VIEW, "describe", 64, 1048576, found)
    assert said == (
        "One sequence of 1,048,576 tokens, 64 processes of 80 GB. What fits: FSDP2 + ring. "
        "With FSDP2 and a ring each holds 2.51 GB of the model and 6.44 GB of the tokens."
    )
    said = javascript(VIEW, "describe", 1, 4096, javascript(VIEW, "memory", 1, 4096, models[3]))
    assert said.startswith(
        "One sequence of 4,096 tokens, one process of 80 GB. None of these fits."
    )


@pytest.mark.parametrize("wrong", [{"model": "GPT-9"}, {"processes": 3}, {"tokens": 5}])
def test_a_value_no_control_reaches_is_refused(wrong):
    ((name, value),) = wrong.items()
    with pytest.raises(ValueError, match=f"{name} must .* got {value!r}"):
        memory_per_process(**wrong)
