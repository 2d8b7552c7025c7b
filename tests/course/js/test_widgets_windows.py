"""windows: the page's windows are attnlib's, and news travels as attnlib's masks let it."""

import pytest
import torch

from attnlib.vision import window_labels
from course.widgets._windows import MOST_LAYERS, SIDE, WINDOWS, know, windows

VIEW = "windows.js"


def same_window(labels):
    labels = torch.as_tensor(labels).flatten()
    return labels[:, None] == labels


@pytest.mark.parametrize("window", WINDOWS)
@pytest.mark.parametrize("half", [False, True])
def test_the_windows_are_attnlibs(javascript, window, half):
    shift = window // 2 if half and window < SIDE else 0
    drawn = same_window(javascript(VIEW, "labels", SIDE, window, shift))
    expected = same_window(window_labels(SIDE, SIDE, window=window, shift=shift))
    assert torch.equal(drawn, expected)


@pytest.mark.parametrize("window", WINDOWS)
@pytest.mark.parametrize("layers", range(1, MOST_LAYERS + 1))
@pytest.mark.parametrize("moved", [False, True])
@pytest.mark.parametrize("pixel", [0, 27, 63])
def test_news_travels_from_window_to_window(javascript, window, layers, moved, pixel):
    state = {"side": SIDE, "size": window, "layers": layers, "moved": moved, "pixel": pixel}
    assert javascript(VIEW, "know", state) == know(pixel, window, layers, moved).tolist()


def test_the_sentence_counts_pixels_and_pairs(javascript):
    state = {"side": 8, "size": 4, "layers": 2, "moved": False, "pixel": 0}
    assert javascript(VIEW, "describe", state) == (
        "After 2 layers of 4 × 4 windows, never moved, 16 of 64 pixels know of the one in row 1, "
        "column 1. A layer compares 1024 pairs of 4096."
    )


@pytest.mark.parametrize("wrong", [{"window": 3}, {"layers": 5}, {"pixel": 64}])
def test_what_is_not_there_is_refused(wrong):
    with pytest.raises(ValueError, match=f"{next(iter(wrong))} must"):
        windows(**wrong)


def test_the_still_picture_counts_those_that_know():
    assert "36 of 64 pixels know of one" in windows(layers=2, moved=True).still
