"""qkv_lab: what the view computes for every word and at the plane's corners, against attnlib."""

import pytest
import torch

from course.widgets._qkv_lab import KEY, QUERY, VALUE, WORDS, attend, qkv_lab

VIEW = "qkv_lab.js"
CORNERS = [[2.0, 2.0], [-2.0, 2.0], [-2.0, -2.0], [2.0, -2.0]]


def agree(said, expected):
    torch.testing.assert_close(torch.tensor(said).double(), expected, rtol=0, atol=1e-6)


@pytest.mark.parametrize("scaled", [True, False])
@pytest.mark.parametrize("token", range(len(WORDS)))
@pytest.mark.parametrize("key", [KEY, CORNERS, [[0.0, 0.0]] * 4], ids=["start", "corners", "zero"])
def test_every_number_is_attentions(javascript, token, scaled, key):
    state = {"query": QUERY[token], "key": key, "value": VALUE, "scaled": scaled}
    seen = javascript(VIEW, "attend", state)
    expected = attend(QUERY, key, VALUE, scaled)
    agree(seen["scores"], expected.scores[0, 0, token])
    agree(seen["weights"], expected.weights[0, 0, token])
    agree(seen["output"], expected.output[0, 0, token])
    assert torch.tensor(seen["parts"]).sum(0).tolist() == pytest.approx(seen["output"], abs=1e-6)


def test_each_word_looks_at_another_at_first():
    weights = attend(QUERY, KEY, VALUE, scaled=True).weights[0, 0]
    looked_at = [WORDS[best] for best in weights.argmax(-1).tolist()]
    assert dict(zip(WORDS, looked_at, strict=True)) == {
        "cat": "sat", "sat": "cat", "on": "mat", "mat": "on"
    }  # fmt: skip


def test_parts_laid_head_to_tail_end_at_the_output(javascript):
    seen = javascript(
        VIEW, "attend", {"query": QUERY[0], "key": KEY, "value": VALUE, "scaled": True}
    )
    points = javascript(VIEW, "headToTail", seen["parts"])
    assert points[0] == [0, 0]
    assert points[-1] == pytest.approx(seen["output"])


@pytest.mark.parametrize("token", range(len(WORDS)))
def test_the_sentence_says_who_asks_where_it_looks_and_what_comes_out(javascript, token):
    state = {"query": QUERY[token], "key": KEY, "value": VALUE, "scaled": True}
    said = javascript(VIEW, "describe", WORDS, token, javascript(VIEW, "attend", state))
    seen = attend(QUERY, KEY, VALUE, scaled=True)
    weights, output = seen.weights[0, 0, token], seen.output[0, 0, token].tolist()
    x, y = (f"{number:.2f}".replace("-", "−") for number in output)
    assert said == (
        f"The query of “{WORDS[token]}” gives its largest weight, {weights.max():.2f}, to the key "
        f"of “{WORDS[weights.argmax()]}”; the output is ({x}, {y})."
    )


@pytest.mark.parametrize(
    ("start", "key", "shift", "end"),
    [
        ([0.5, 0.5], "ArrowRight", False, [0.6, 0.5]),
        ([0.5, 0.5], "ArrowDown", False, [0.5, 0.4]),
        ([0.5, 0.5], "ArrowUp", True, [0.5, 1.0]),
        ([2.0, 0.0], "ArrowRight", False, [2.0, 0.0]),
        ([-2.0, 0.0], "ArrowLeft", True, [-2.0, 0.0]),
        ([0.0, 0.0], "Tab", False, None),
    ],
)
def test_arrow_keys_move_a_vector_inside_the_plane(javascript, start, key, shift, end):
    assert javascript("plane.js", "moved", start, key, shift) == end


def test_a_dragged_vector_snaps_to_tenths_and_stays_inside(javascript):
    assert javascript("plane.js", "settle", [1.2345, -7]) == [1.2, -2]


def test_a_word_that_is_not_there_is_refused():
    with pytest.raises(ValueError, match=r"word must be one of .*, got 'dog'"):
        qkv_lab("dog")


def test_the_lab_starts_with_the_words_and_vectors_it_is_given():
    pairs = torch.tensor([[1.0, 2.0], [3.0, 4.0]])
    lab = qkv_lab("b", words=["a", "b"], query=pairs, key=-pairs, value=2 * pairs)
    assert lab.view.words == ["a", "b"]
    assert lab.view.token == 1
    assert lab.view.query == [[1, 2], [3, 4]]
    assert lab.view.key == [[-1, -2], [-3, -4]]
    assert lab.view.value == [[2, 4], [6, 8]]


def test_vectors_that_are_not_two_numbers_per_word_are_refused():
    with pytest.raises(ValueError, match=r"key must have two numbers per word, got shape \(4, 3\)"):
        qkv_lab(key=torch.zeros(4, 3))
    with pytest.raises(ValueError, match="value has 2 vectors, but there are 4 words"):
        qkv_lab(value=[[0, 0], [1, 1]])
