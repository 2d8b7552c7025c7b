"""state_matrix: its states and answers are attnlib's, at every end of its controls."""

import re

import pytest
import torch

from course.widgets._state_matrix import KEYS, NAMES, PLACES, TOLD, state_matrix, states

VIEW = "state_matrix.js"


def told(decay, delta):
    return {
        "keys": [KEYS[name] for name, _ in TOLD],
        "values": torch.eye(3)[[PLACES.index(place) for _, place in TOLD]].tolist(),
        "decay": decay,
        "delta": delta,
    }


@pytest.mark.parametrize("decay", [0.5, 0.9, 1.0])
@pytest.mark.parametrize("delta", [False, True])
def test_the_states_are_attnlibs(javascript, decay, delta):
    steps = javascript(VIEW, "written", told(decay, delta))
    seen = torch.tensor([step["state"] for step in steps], dtype=torch.float64)
    assert torch.allclose(seen, states(decay, delta=delta), atol=1e-6)


def test_what_was_kept_and_what_was_added_make_the_state(javascript):
    for step in javascript(VIEW, "written", told(0.7, True)):
        made = torch.tensor(step["kept"]) + torch.tensor(step["added"])
        assert torch.allclose(made, torch.tensor(step["state"]))


def test_a_question_reads_the_sum_of_the_rows_weighted_by_the_key(javascript):
    state = states(0.8, delta=True)[4]
    answer = javascript(VIEW, "read", state.tolist(), KEYS["kitten"])
    assert answer == pytest.approx((torch.tensor(KEYS["kitten"]).double() @ state).tolist())


def test_the_delta_rule_answers_what_was_told_last_and_a_sum_answers_both(javascript):
    for delta, answer in ((True, [0, 1, 0]), (False, [1, 1, 0.8])):
        state = javascript(VIEW, "written", told(1.0, delta))[4]["state"]
        assert javascript(VIEW, "read", state, KEYS["cat"]) == pytest.approx(answer)


def test_an_entry_is_worked_out_in_words(javascript):
    step = javascript(VIEW, "written", told(0.5, True))[3]
    given = {"step": step, "row": 0, "column": 0, "key": 0.8, "value": 0, "decay": 0.5}
    said = javascript(VIEW, "entryInWords", given | {"delta": True})
    assert said == "0.50 · 0.50 + 0.80 · (0.00 − 0.20) = 0.09"
    plain = javascript(VIEW, "written", told(1.0, False))[3]
    given = {"step": plain, "row": 0, "column": 2, "key": 0.8, "value": 1, "decay": 1}
    assert javascript(VIEW, "entryInWords", given | {"delta": False}) == "0.00 + 0.80 · 1.00 = 0.80"


@pytest.mark.parametrize(
    ("answer", "latest", "words"),
    [
        ([1, 0, 0], "mat", "mat 1.00, rug 0.00, bed 0.00: mat is largest; last told was mat."),
        ([1, 1, 0.8], "rug", "bed 0.80: no one value is largest; last told was rug."),
        ([0, 0, 0], None, "the state answers nothing: all zeros."),
        ([0.8, 0, 0], None, "mat is largest; kitten was never told."),
    ],
)
def test_the_sentence_says_the_answer_and_what_was_told_last(javascript, answer, latest, words):
    name = "kitten" if latest is None else "cat"
    said = javascript(VIEW, "answerInWords", name, PLACES, answer, latest)
    assert said.startswith(f"Asked for {name}, the state answers ")
    assert said.endswith(words)


def test_the_still_picture_shows_the_state():
    shown = re.findall(r">(-?\d\.\d\d)<", state_matrix(step=4, delta=True, asked="kitten").still)
    state = states(1.0, delta=True)[4]
    answer = torch.tensor(KEYS["kitten"], dtype=torch.float64) @ state
    wanted = [*state.flatten().tolist(), *answer.tolist()]
    assert [float(number) for number in shown] == pytest.approx(wanted, abs=6e-3)


@pytest.mark.parametrize("wrong", [{"step": 5}, {"decay": 0.4}, {"asked": "cow"}])
def test_a_value_no_control_reaches_is_refused(wrong):
    ((name, value),) = wrong.items()
    with pytest.raises(ValueError, match=f"{name} must .*{value}"):
        state_matrix(**wrong)


def test_every_key_has_length_one():
    for name in NAMES:
        assert sum(number**2 for number in KEYS[name]) == pytest.approx(1)
