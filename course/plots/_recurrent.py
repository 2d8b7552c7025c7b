"""Recurrent translators, unrolled: without attention one vector bridges, with it all states do."""

from itertools import pairwise

from matplotlib.figure import Figure

from course.plots._diagram import Diagram, Part
from course.plots.style import INK, KEY, MUTED, QUERY, WEIGHT

ENGLISH = ("the", "black", "cat")
FRENCH = ("le", "chat", "noir")
STATE = 0.46  # inches: the width of a state's box
WEIGHTS = (0.05, 0.15, 0.8)  # for the drawing alone: writing chat, mostly cat


def recurrent_translator() -> Figure:
    """Encoder and decoder of 2014 side by side, one box per word read or written."""
    diagram = Diagram("It reads, keeps one vector, and writes", height=2.15)
    columns = [0.36 + 0.64 * number for number in range(7)]
    y, words, written = 1.06, 0.46, 1.6
    before: Part | None = None
    for x, word, name in zip(columns[:3], ENGLISH, ("h₁", "h₂", "h₃"), strict=True):
        state = diagram.box((x, y), name, width=STATE, color=KEY)
        diagram.arrow(diagram.label((x, words), word, color=KEY).top, state.bottom, color=KEY)
        if before is not None:
            diagram.arrow(before.right, state.left)
        before = state
    context = diagram.box((columns[3], y), "c", width=STATE, height=0.62, color=INK)
    assert before is not None
    diagram.arrow(before.right, context.left)
    before = context
    read = ("start", *FRENCH[:2])
    for x, fed, word, name in zip(columns[4:], read, FRENCH, ("s₁", "s₂", "s₃"), strict=True):
        state = diagram.box((x, y), name, width=STATE, color=QUERY)
        diagram.arrow(before.right, state.left)
        diagram.arrow(diagram.label((x, words), fed, color=MUTED).top, state.bottom, color=MUTED)
        above = diagram.label((x, written), word, color=QUERY)
        diagram.arrow(state.top, above.bottom, color=QUERY)
        before = state
    diagram.label((columns[1], 0.17), "encoder", bold=True, color=KEY)
    diagram.label((columns[3], 0.17), "context", bold=True)
    diagram.label((columns[5], 0.17), "decoder", bold=True, color=QUERY)
    return diagram.figure()


def bridges() -> Figure:
    """The step that writes *chat*: left over the one context vector, right over every state."""
    diagram = Diagram("One bridge, or a path to every word", height=2.75)
    diagram.label((1.1, 2.25), "without attention", bold=True)
    diagram.label((3.45, 2.25), "with attention", bold=True)
    _one(diagram, *_sides(diagram, 1.1))
    _all(diagram, *_sides(diagram, 3.45))
    return diagram.figure()


def _sides(diagram: Diagram, middle: float) -> tuple[list[Part], Part]:
    """The encoder's states below, the decoder's above; returns those and the one that writes."""
    places = [middle - 0.62, middle, middle + 0.62]
    states = []
    for x, word, name in zip(places, ENGLISH, ("h₁", "h₂", "h₃"), strict=True):
        states.append(diagram.box((x, 0.62), name, width=STATE, color=KEY))
        diagram.label((x, 0.22), word, color=KEY)
    for left, right in pairwise(states):
        diagram.arrow(left.right, right.left)
    writing = diagram.box((middle, 1.86), "writes chat", width=1.0, color=QUERY)
    return states, writing


def _one(diagram: Diagram, states: list[Part], writing: Part) -> None:
    context = diagram.box((writing.center[0], 1.26), "c", width=STATE, color=INK)
    diagram.arrow(states[-1].top, context.right, bend=0.25)
    diagram.arrow(context.top, writing.bottom)


def _all(diagram: Diagram, states: list[Part], writing: Part) -> None:
    context = diagram.box((writing.center[0], 1.26), "sum", width=0.56, color=WEIGHT)
    tips = (context.left, context.bottom, context.right)
    for state, tip, weight in zip(states, tips, WEIGHTS, strict=True):
        diagram.arrow(state.top, tip, color=WEIGHT, thickness=0.8 + 4 * weight)
    diagram.arrow(context.top, writing.bottom)
