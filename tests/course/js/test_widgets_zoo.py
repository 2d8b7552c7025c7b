"""The zoo finds what a reader looks for, and says what it shows."""

from dataclasses import replace

import pytest

from course.catalogue import CATALOGUE
from course.catalogue.code_line import code_line
from course.catalogue.papers import papers
from course.widgets import zoo
from course.widgets._zoo import COSTS, FAMILIES, GROWTHS, PARTS, TIERS, YEARS, card, tex

CARD = {
    "name": "Nyströmformer",
    "family": "linear and approximate",
    "tier": 3,
    "idea": "m landmarks stand between queries and keys.",
    "used": [["LongModel", "https://arxiv.org/abs/0000.00000"]],
    "aliases": ["low rank"],
    "names": ["--nystrom"],
    "part": "structure",
    "year": 2021,
    "growth": "T",
    "oracle": "transformers NystromformerSelfAttention",
    "paper": "Xiong et al., 2021",
    "address": "https://arxiv.org/abs/2102.03902",
    "code": "nystrom.landmarks(query, key, value)",
    "place": "attnlib.linear.nystrom.attention",
}


@pytest.mark.parametrize(
    ("family", "tier", "search", "found"),
    [
        ("", 0, "", True),
        ("linear and approximate", 3, "", True),
        ("scores", 0, "", False),
        ("", 1, "", False),
        ("", 0, "   ", True),
        ("", 0, "NYSTROM", True),
        ("", 0, "nyström", True),
        ("", 0, "2021 xiong", True),
        ("", 0, "xiong 2020", False),
        ("", 0, "longmodel", True),
        ("", 0, "low rank landmarks", True),
        ("", 0, "2102.03902", True),
        ("", 0, ".*", False),  # a search is no pattern
        ("", 0, "<img src=x>", False),
    ],
)
def test_family_tier_and_every_searched_word_must_fit(javascript, family, tier, search, found):
    chosen = {"family": family, "tier": tier, "search": search}
    assert javascript("zoo_search.js", "matches", CARD, chosen) == found


@pytest.mark.parametrize(
    ("chosen", "found"),
    [
        ({}, True),
        ({"part": "structure"}, True),
        ({"part": "score"}, False),
        ({"user": "LongModel"}, True),
        ({"user": "LongModel 2"}, False),
        ({"years": [2021, 2022]}, True),
        ({"years": [2020, 2021]}, True),
        ({"years": [2022, 2026]}, False),
        ({"growth": "T"}, True),
        ({"growth": "T²"}, False),
        ({"part": "structure", "user": "LongModel", "years": None, "growth": "between"}, False),
        ({"search": "transformers nystromformer"}, True),
    ],
)
def test_part_model_year_and_cost_must_fit(javascript, chosen, found):
    assert javascript("zoo_search.js", "matches", CARD, chosen) == found


def test_a_name_in_full_comes_before_a_part_of_it_and_that_before_a_mention(javascript):
    searches = ("nystromformer", " Low rank ", "nystrom", "landmarks")
    ranks = [javascript("zoo_search.js", "rank", CARD, search) for search in searches]
    assert ranks == [0, 0, 1, 2]


@pytest.mark.parametrize(
    ("difference", "said"),
    [
        (0, "the same"),
        (1.3e-15, "apart by at most 1\u00a0·\u00a010⁻¹⁵"),
        (8.8e-4, "apart by at most 9\u00a0·\u00a010⁻⁴"),
    ],
)
def test_a_difference_is_said_as_a_power_of_ten(javascript, difference, said):
    assert javascript("zoo_words.js", "apart", difference) == said


@pytest.mark.parametrize(
    ("shown", "every", "asked", "said"),
    [
        (0, 102, ["sparse", "tier 1"], "None of 102 types fits: sparse, tier 1. Try"),
        (1, 1, ["tier 1"], "1 of 1 type: tier 1."),
        (16, 102, ["sparse", "tier 1"], "16 of 102 types: sparse, tier 1."),
        (102, 102, [], "102 of 102 types."),
    ],
)
def test_the_count_is_said(javascript, shown, every, asked, said):
    assert javascript("zoo_search.js", "counted", shown, every, asked).startswith(said)


def test_a_picture_is_described_by_its_largest_entry(javascript):
    said = javascript("zoo_card.js", "described", "weights", [[10, 20], [93, -95]])
    assert said == "weights, 2 by 2; largest 0.93 in row 2, column 1"


def test_every_type_is_found_by_its_name(javascript):
    panel = zoo(CATALOGUE[:12])
    for one in panel.view.cards:
        chosen = {"family": one["family"], "tier": one["tier"], "search": one["name"]}
        assert javascript("zoo_search.js", "matches", one, chosen)


SOUGHT = {
    "flash_attention_2": "FlashAttention",
    "FLASHMLA": "Multi-head latent attention (MLA)",
    "GQA": "Grouped-query attention",
    "mqa": "Multi-query attention",
    "KDA": "Kimi delta attention",
    "SWA": "Sliding window",
    "MLA": "Multi-head latent attention (MLA)",
    "positional encoding": "Sinusoidal positions",
    "positional encoding rope": "Rotary positions (RoPE)",
    "llama": "Grouped-query attention",
    "qwen": "Gated DeltaNet",
    "gpt-oss": "Learned sink",
    "mamba": "State space duality (Mamba-2)",
    "QK-norm": "Cosine",
    "DSA": "DeepSeek sparse attention (DSA)",
    "lightning attention": "Retention",
    "lightning indexer": "DeepSeek sparse attention (DSA)",
}


@pytest.mark.parametrize(("search", "name"), SOUGHT.items())
def test_a_type_is_found_by_its_short_name_and_by_the_models_that_use_it(javascript, search, name):
    (entry,) = [entry for entry in CATALOGUE if entry.name == name]
    assert javascript("zoo_search.js", "matches", card(entry), {"search": search})


def test_only_a_formula_of_several_lines_is_laid_out():
    entry = replace(CATALOGUE[0], name='"One"', formula=r"a < 1,\\ b")
    lines = r"\(\begin{array}{l}a &lt; 1,\\[0.4em] b\end{array}\)"
    assert tex(entry) == f'<span class="math" data-type="&quot;One&quot;">{lines}</span>'
    assert r"\(a,\ b\)" in tex(replace(entry, formula=r"a,\ b"))


def test_indices_of_single_letters_are_set_and_names_in_code_are_not(javascript):
    text = "key_padding_mask, W_O and e^k."
    assert javascript("zoo_words.js", "pieces", text) == [
        ["", "key_padding_mask, W"],
        ["sub", "O"],
        ["", " and e"],
        ["sup", "k"],
        ["", "."],
    ]


def test_controls_offer_every_family_and_tier():
    panel = zoo(CATALOGUE[:1])
    _, part, model, year, cost, family, tier = panel.controls
    assert family.options[1:] == FAMILIES
    assert part.options[1:] == PARTS
    assert set(model.options[1:]) == set(CATALOGUE[0].words.used_in)
    assert [len(one.options) for one in (year, cost)] == [1 + len(YEARS), 1 + len(GROWTHS)]
    assert len(COSTS) == len(GROWTHS)
    assert {str(entry.tier) for entry in CATALOGUE} <= set(TIERS)
    assert tier.index == panel.view.tier


LINES = {
    "Scaled dot product": "attention(query, key, value)",
    "Native sparse attention (NSA)": "NativeSparseAttention(16, heads=4, length=2, stride=1, "
    "block=1, count=3, window=2).to(x)(x)",  # a layer written out
    "Gated DeltaNet": "gated_delta.chunked(query, unit(key), value, gate(key), write(query))",
    "Rotary positions (RoPE)": "attention(rotate(query, places_of(key), pairing='interleaved'), "
    "rotate(key, places_of(key), pairing='interleaved'), value)",  # a name set twice
    "Copying (pointer-generator)": "copy_or_generate(gate, vocabulary, weights, source, "
    "new_words=1)",  # too long to write out
}


@pytest.mark.parametrize(("name", "line"), LINES.items())
def test_the_code_line_is_what_the_example_returns_written_out(name, line):
    (entry,) = [entry for entry in CATALOGUE if entry.name == name]
    assert code_line(entry) == line


def test_every_paper_lies_in_one_span_of_years():
    for entry in CATALOGUE:
        year = papers()[entry.cite].year
        assert sum(first <= year <= last for first, last in YEARS) == 1


def test_the_table_names_every_type_and_escapes_it():
    still = zoo(CATALOGUE[:12]).still
    assert still.count('<th scope="row">') == 12
    assert "<img" not in still


def test_times_that_are_powers_of_the_length_lie_on_a_line(javascript):
    times = [[1, 1], [10, 100], [100, 10000]]
    assert javascript("zoo_times.js", "curvePoints", times) == [[0, 40], [50, 20], [100, 0]]


def test_times_are_said_with_their_growth(javascript):
    said = javascript("zoo_times.js", "spent", [[8, 0.044], [1024, 20], [4096, 320]])
    assert said.startswith("0.044 ms for 8 tokens, 320 ms for 4,096 tokens: in the end 4.0 times")
