"""smollm2_maps: the page shows the model's own maps and chances, and says of them what is so."""

import re

import pytest
import torch

from course.widgets._smollm2_maps import PROMPTS, packed, read, smollm2_maps

VIEW = "smollm2_maps.js"
BYTE = 1 / 510 + 1e-6  # half a step of 1/255


@pytest.fixture(scope="module")
def view():
    return smollm2_maps().view


@pytest.mark.parametrize("prompt", range(len(PROMPTS)))
def test_the_page_shows_the_models_weights(javascript, view, prompt):
    pieces, maps, following = read(PROMPTS[prompt])
    assert "".join(pieces) == PROMPTS[prompt]
    assert view.prompts[prompt] == pieces
    bytes_ = list(javascript(VIEW, "unpack", view.weights[prompt]).values())
    for layer, head in [(0, 0), (12, 5), (29, 8)]:
        rows = javascript(VIEW, "mapOf", bytes_, len(pieces), layer, head)
        for i, row in enumerate(rows):
            expected = maps[layer, head, i, : i + 1]
            torch.testing.assert_close(torch.tensor(row).float(), expected, rtol=0, atol=BYTE)
    assert len(following) == len(pieces)


def test_sinks_are_the_means_over_heads_and_later_pieces(javascript, view):
    pieces, maps, _ = read(PROMPTS[0])
    bytes_ = list(javascript(VIEW, "unpack", view.weights[0]).values())
    found = javascript(VIEW, "sinks", bytes_, len(pieces))
    assert found == pytest.approx(maps[:, :, 1:, 0].mean(dim=(1, 2)).tolist(), abs=BYTE)


def test_only_what_a_causal_model_sees_is_kept(javascript):
    weights = torch.tensor([[1.0, 9.0], [0.25, 0.75]])[None, None]
    assert list(javascript(VIEW, "unpack", packed(weights)).values()) == [255, 64, 191]


def test_the_sentence_names_the_piece_the_sink_and_what_comes_next(javascript):
    pieces, maps, following = read("The capital of France is")
    now = {"pieces": pieces, "layer": 25, "head": 0, "piece": 4, "sink": 0.5}
    now |= {"row": maps[25, 0, 4].tolist(), "chances": following[4]}
    said = javascript(VIEW, "describe", now)
    assert said.startswith("Layer 25, head 0: “␣is” looks most at “The”, with 0.")
    assert "the pieces after the first give it 0.50 of their weight" in said
    assert "After “␣is” the likeliest is “␣Paris”, with 0.7" in said


def test_the_still_picture_shows_the_chosen_pieces_weights():
    maps = read(PROMPTS[0]).maps
    digits = re.findall(r">(\d\.\d\d)<", smollm2_maps(layer=3, head=1, piece=4).still)
    assert digits == [f"{weight:.2f}" for weight in maps[3, 1, 4, :5].tolist()]


def test_the_state_stays_small(view):
    assert sum(map(len, view.weights)) + len(view._esm) + len(view._css) < 150_000


@pytest.mark.parametrize(
    ("choice", "words"),
    [({"prompt": 6}, "prompt must lie between 0 and 5, got 6"),
     ({"layer": 30}, "layer must lie between 0 and 29, got 30"),
     ({"head": 9}, "head must lie between 0 and 8, got 9"),
     ({"piece": 6}, "piece must lie between 0 and 5, got 6")],
)  # fmt: skip
def test_what_is_not_there_is_refused(choice, words):
    with pytest.raises(ValueError, match=words):
        smollm2_maps(**choice)
