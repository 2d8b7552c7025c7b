"""Diagrams hold only words that fit, and the two of chapter 02 say what they are drawn for."""

import pytest
from drawing import svg
from matplotlib.patches import FancyArrowPatch

from course import plots
from course.plots._diagram import SMALLEST, WIDTH, Diagram

pytestmark = pytest.mark.usefixtures("clean_style")

DIAGRAMS = [plots.recurrent_translator, plots.bridges, plots.three_attentions]
each_diagram = pytest.mark.parametrize("draw", DIAGRAMS, ids=lambda draw: draw.__name__)


def words(figure):
    return [text.get_text() for text in figure.axes[0].texts if text.get_text()]


@each_diagram
def test_a_diagram_is_the_same_text_every_time(draw):
    assert svg(draw()) == svg(draw())


@each_diagram
def test_a_diagram_is_legible_on_a_telephone(draw):
    figure = draw()
    assert figure.get_figwidth() <= WIDTH
    assert min(text.get_size() for text in figure.axes[0].texts if text.get_text()) >= SMALLEST


def test_the_recurrent_translator_reads_three_words_and_writes_three():
    shown = words(plots.recurrent_translator())
    for word in ("the", "black", "cat", "le", "chat", "noir", "encoder", "context", "decoder"):
        assert word in shown
    assert shown.count("le") == shown.count("chat") == 2  # written, then read again


def test_attention_reaches_every_state_and_the_one_vector_only_the_last():
    figure = plots.bridges()
    assert words(figure).count("writes chat") == 2
    arrows = [text.arrow_patch for text in figure.axes[0].texts if not text.get_text()]
    assert all(isinstance(arrow, FancyArrowPatch) for arrow in arrows)
    from_states = {"left": 0, "right": 0}
    for text in figure.axes[0].texts:
        if not text.get_text() and text.xy[1] > 0.9 > text.xyann[1]:
            from_states["left" if text.xy[0] < WIDTH / 2 else "right"] += 1
    assert from_states == {"left": 1, "right": 3}


def test_each_of_the_three_attentions_is_asked_and_answered():
    shown = words(plots.three_attentions())
    assert shown.count("ask") == shown.count("answer") == 3
    for place in ("self-attention", "causal self-attention", "cross-attention"):
        assert place in shown


def too_wide():
    Diagram("t", height=1).box((1, 0.4), "self-attention", width=0.9)


def too_high():
    Diagram("t", height=1).box((1, 0.4), "cat", width=0.9, height=0.1)


def out_of_the_figure():
    Diagram("t", height=1).label((0.1, 0.4), "encoder")


def long_title():
    Diagram("A title that is much too long to fit over any diagram of this book", height=1)


def small_letters():
    Diagram("t", height=1).label((1, 0.4), "cat", size=8)


def wide_figure():
    Diagram("t", height=1, width=6)


def words_over_words():
    diagram = Diagram("t", height=1)
    diagram.label((1, 0.4), "encoder")
    diagram.label((1.2, 0.4), "decoder")
    diagram.figure()


def words_over_a_box():
    diagram = Diagram("t", height=1)
    diagram.box((1, 0.4), "cat", width=0.9)
    diagram.label((1.3, 0.4), "mat")
    diagram.figure()


@pytest.mark.parametrize(
    ("draw", "message"),
    [
        (too_wide, "'self-attention' need a box 1.* inches wide, got 0.90"),
        (too_high, "'cat' need a box 0.* inches high, got 0.10"),
        (out_of_the_figure, "'encoder' do not fit the figure of 4.6 × 1 inches"),
        (long_title, "do not fit the figure"),
        (small_letters, "size must be at least 10 points, got 8"),
        (wide_figure, "width must be at most 4.6 inches, got 6"),
        (words_over_words, "'encoder' and 'decoder' overlap"),
        (words_over_a_box, "'mat' overlap the box of 'cat'"),
    ],
)
def test_what_does_not_fit_is_refused(draw, message):
    with pytest.raises(ValueError, match=message):
        draw()
