"""beam: the page's search is the course's, for every width."""

import pytest

from course.translation import beam_search
from course.widgets._beam import SENTENCES, WIDEST, beam, sentence_of, table
from course.widgets.translator import trained

VIEW = "beam_steps.js"


@pytest.mark.parametrize("sentence", range(len(SENTENCES)))
@pytest.mark.parametrize("width", range(1, WIDEST + 1))
def test_the_search_ends_as_the_courses_does(javascript, sentence, width):
    now = table(sentence)
    state = javascript(VIEW, "search", now["next"], width, now["steps"])
    drawn = javascript(VIEW, "best", state["found"])
    translator, _ = trained()
    expected = beam_search(translator, sentence_of(sentence), width=width)[0]
    assert state["over"]
    assert drawn["words"] == [*expected.words, "<eos>"]
    assert drawn["logP"] == pytest.approx(expected.log_probability, abs=1e-3)


def test_the_wider_beam_finds_what_greedy_search_misses():
    translator, _ = trained()
    greedy, wide = (
        beam_search(translator, sentence_of(1), width=width)[0] for width in (1, WIDEST)
    )
    assert wide.words != greedy.words
    assert wide.log_probability > greedy.log_probability


def test_a_step_keeps_the_likeliest(javascript):
    following = {
        "": [["le", -0.5], ["un", -0.9]],
        "le": [["chat", -0.9], ["chien", -1.0]],
        "un": [["chat", -0.1], ["chien", -2.3]],
    }
    state = javascript(VIEW, "search", following, 2, 2)
    assert [one["words"] for one in state["candidates"] if one["kept"]] == [
        ["un", "chat"],
        ["le", "chat"],
    ]
    assert javascript(VIEW, "describe", state, 2, 2) == (
        "Step 2, width 2: 2 of 4 beginnings looked at are kept. "
        "The likeliest, “un chat”, has log P −1.00."
    )


@pytest.mark.parametrize("wrong", [{"sentence": 2}, {"width": 5}, {"step": 99}])
def test_what_is_not_there_is_refused(wrong):
    with pytest.raises(ValueError, match=f"{next(iter(wrong))} must lie between"):
        beam(**wrong)
