"""The names met on a command line are those the tools know, and each is a type there is."""

import pytest
from environment import ROOT

from course.catalogue import CATALOGUE
from course.catalogue.command_line import names_of, options, tables

TRANSFORMERS = {option.option: option for option in options() if option.tool == "transformers"}
NO_ATTENTION = {"conv", "moe", "hybrid", "hybrid_sliding"}
OF_ONE_MODEL = {"reference_sliding_attention"}


def listed(option):
    return {name.name for name in TRANSFORMERS[option].names}


@pytest.mark.parametrize("option", options(), ids=lambda one: f"{one.tool} {one.option}")
def test_every_name_is_a_type_that_there_is(option):
    assert option.source.startswith("https://")
    assert len({name.name for name in option.names}) == len(option.names)
    known = {entry.name for entry in CATALOGUE}
    for name in option.names:
        assert name.types
        assert set(name.types) <= known


def test_the_implementations_are_those_of_transformers():
    from transformers.modeling_utils import ALL_ATTENTION_FUNCTIONS

    assert listed("attn_implementation") == {"eager", *ALL_ATTENTION_FUNCTIONS}


def test_the_kinds_of_layers_are_those_of_transformers():
    from transformers.configuration_utils import ALLOWED_ATTN_LAYER_TYPES

    known = set(ALLOWED_ATTN_LAYER_TYPES)
    assert known - NO_ATTENTION - OF_ONE_MODEL <= listed("layer_types") <= known


def test_the_rotary_positions_are_those_of_transformers():
    from transformers.modeling_rope_utils import ROPE_INIT_FUNCTIONS

    assert listed("rope_type") == {"default", *ROPE_INIT_FUNCTIONS}


def test_the_caches_are_those_of_transformers():
    from transformers.generation import configuration_utils as known

    caches = known.STATIC_CACHE_IMPLEMENTATIONS + known.DYNAMIC_CACHE_IMPLEMENTATIONS
    assert listed("cache_implementation") == {*caches, "paged"}


def test_the_backends_are_those_of_pytorch():
    from torch.nn.attention import SDPBackend

    (option,) = [option for option in options() if option.tool == "PyTorch"]
    known = {name for name in vars(SDPBackend) if name.isupper()}
    assert {name.name for name in option.names} <= known


def test_a_type_knows_the_names_it_goes_by():
    assert "flash_attention_2" in names_of("FlashAttention")
    assert names_of("YaRN") == ["yarn"]
    assert names_of("Additive") == []


def test_the_books_page_is_current():
    page = (ROOT / "book" / "names.md").read_text(encoding="utf-8")
    stored = page.partition("<!-- names -->\n\n")[2].partition("\n\n<!-- /names -->")[0]
    assert stored == tables(), "run: python -m course.catalogue --names"
