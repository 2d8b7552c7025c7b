"""two_sources: the page's attention is attnlib's, in any order of the words."""

import pytest
import torch

from course.widgets._two_sources import LAYERS, look, recorded, rounded, two_sources

VIEW = "two_sources.js"
ENGLISH, FRENCH, SEEN = recorded()
VECTORS = {kind: rounded(attended) for kind, attended in SEEN.items()}
ORDERS = ([0, 1, 2, 3, 4, 5], [5, 4, 3, 2, 1, 0], [2, 0, 1, 5, 3, 4])


def test_the_words_are_the_sentences():
    assert " ".join(ENGLISH) == "the cat sat on the mat"
    assert " ".join(FRENCH) == "le chat s' est assis sur le tapis"
    assert len(VECTORS["cross"]["query"]) == len(FRENCH)


@pytest.mark.parametrize("kind", LAYERS)
@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("order", ORDERS)
def test_weights_and_outputs_are_attentions(javascript, kind, causal, order):
    vectors = javascript(VIEW, "reordered", VECTORS[kind], order, kind == "cross")
    causal = causal and kind == "self"
    said = javascript(VIEW, "look", vectors | {"causal": causal})
    expected = look(vectors, causal=causal)
    for name, tensor in (("weights", expected.weights), ("output", expected.output)):
        shown = torch.tensor(said[name], dtype=torch.float64)
        torch.testing.assert_close(shown, tensor[0, 0], rtol=0, atol=1e-9)


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("kind", LAYERS)
def test_an_order_changes_nothing_but_the_order(javascript, kind, order):
    asked = {"vectors": VECTORS[kind], "order": order, "cross": kind == "cross"}
    change = javascript(VIEW, "largestChange", asked | {"causal": False})
    assert change < 1e-12
    says = javascript(
        VIEW, "verdict", {"reordered": True, "change": change, "cross": kind == "cross"}
    )
    assert "exactly what it got before" in says


def test_under_a_causal_mask_the_order_matters(javascript):
    asked = {"vectors": VECTORS["self"], "order": ORDERS[1], "cross": False, "causal": True}
    change = javascript(VIEW, "largestChange", asked)
    assert change > 0.1
    says = javascript(VIEW, "verdict", {"reordered": True, "change": change, "cross": False})
    assert "something else" in says


def test_where_nothing_moves_it_says_who_asks_and_who_answers(javascript):
    asked = {"rows": FRENCH, "columns": ENGLISH, "cross": True}
    says = javascript(VIEW, "sources", asked)
    assert says == "8 French words ask, 6 English words answer."
    says = javascript(VIEW, "sources", asked | {"rows": ENGLISH, "cross": False})
    assert says == "6 English words ask, 6 English words answer."
    (only,) = two_sources(cross=True, fixed=True).controls
    assert only.description == "who asks"
    with pytest.raises(ValueError, match="fixed has no causal mask"):
        two_sources(causal=True, fixed=True)


def test_a_word_moves_to_its_new_place(javascript):
    assert javascript("order.js", "moved", ["a", "b", "c"], 0, 2) == ["b", "c", "a"]
    assert javascript("order.js", "moved", ["a", "b", "c"], 2, 1) == ["a", "c", "b"]


@pytest.mark.parametrize("cross", [False, True])
def test_the_still_picture_shows_the_weights(cross):
    panel = two_sources(cross)
    kind = "cross" if cross else "self"
    for weight in look(VECTORS[kind], causal=False).weights.flatten().tolist():
        assert f">{weight:.2f}<" in panel.still
