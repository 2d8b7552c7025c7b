"""draft_and_check: what comes of a guess, against attnlib's residual and the model's chances."""

import pytest
import torch

from attnlib.models.generation import residual
from course.widgets._draft_and_check import DRAFT, MODEL, WORDS, draft_and_check, drafted, ways

VIEW = "draft_and_check.js"
P, Q = list(MODEL), list(DRAFT)


@pytest.mark.parametrize("likeness", [0.0, 0.4, 1.0])
def test_what_stays_and_what_replaces_add_up_to_the_model(javascript, likeness):
    draft = javascript(VIEW, "drafted", P, Q, likeness)
    assert draft == pytest.approx(drafted(likeness).tolist())
    found = javascript(VIEW, "ways", P, draft)
    stays, replaces = (told.tolist() for told in ways(likeness))
    assert found["stays"] == pytest.approx(stays)
    assert found["replaces"] == pytest.approx(replaces, abs=1e-12)
    both = [a + b for a, b in zip(found["stays"], found["replaces"], strict=True)]
    assert both == pytest.approx(P)


def test_the_residual_is_attnlibs(javascript):
    expected = residual(torch.tensor(MODEL), torch.tensor(DRAFT)).tolist()
    assert javascript(VIEW, "residual", P, Q) == pytest.approx(expected, abs=1e-6)
    assert javascript(VIEW, "residual", P, P) == pytest.approx(P)


def test_a_guess_stays_with_the_ratio_of_the_chances(javascript):
    keeps = javascript(VIEW, "keeps", P, Q)
    assert keeps == pytest.approx([min(1, p / q) for p, q in zip(P, Q, strict=True)])


@pytest.mark.parametrize(("alpha", "guesses"), [(0.5, 1), (0.55, 4), (0.0, 3), (1.0, 8)])
def test_tokens_per_pass_are_the_geometric_sum(javascript, alpha, guesses):
    found = javascript(VIEW, "tokensPerPass", alpha, guesses)
    whole = guesses + 1 if alpha == 1 else (1 - alpha ** (guesses + 1)) / (1 - alpha)
    assert found == pytest.approx(whole)


def test_the_sentence_says_whether_the_guess_stays(javascript):
    told = {"words": list(WORDS), "model": P, "draft": Q, "guess": 1, "guesses": 4}
    said = javascript(VIEW, "describe", {**told, "chance": 0.7})
    assert "stays with chance 0.56. 0.70 does not lie below it: refused. In its place" in said
    assert said.endswith("with 4 per pass, one pass of the model gives 2.11 tokens on average.")
    assert ": rug stays." in javascript(VIEW, "describe", {**told, "chance": 0.5})


def test_the_still_picture_shows_the_models_chances():
    for p in MODEL:
        assert f">{p:.2f}<" in draft_and_check().still


@pytest.mark.parametrize(
    "wrong", [{"guess": "cat"}, {"chance": 1.0}, {"likeness": -0.1}, {"guesses": 9}]
)
def test_a_value_no_control_reaches_is_refused(wrong):
    ((name, value),) = wrong.items()
    with pytest.raises(ValueError, match=f"{name} must .* got '?{value}"):
        draft_and_check(**wrong)
