"""The Transformer's three attentions: who asks, and who answers (Vaswani et al., 2017, 3.2.3)."""

from matplotlib.figure import Figure

from course.plots._diagram import Diagram, Part
from course.plots.style import KEY, MUTED, QUERY, WEIGHT

ENCODER, DECODER = 1.05, 3.4  # the middles of the two columns
APART = 0.3  # inches from a column's middle to each of its two arrows


def three_attentions() -> Figure:
    """Encoder self, decoder causal self and cross, arrows from those who ask and who answer."""
    diagram = Diagram("Who asks, and who answers", height=3.3)
    english = _looks_at_itself(diagram, ENCODER, "English words", "self-attention", 1.4)
    french = _looks_at_itself(diagram, DECODER, "French words so far", "causal self-attention", 1.9)
    cross = diagram.box((DECODER, 2.22), "cross-attention", width=1.4, color=WEIGHT)
    diagram.arrow(french.top, cross.bottom, color=QUERY)
    diagram.label((DECODER + 0.32, 1.8), "ask", color=QUERY)
    corner = ENCODER, cross.center[1]
    diagram.path([english.top, corner, cross.left], color=KEY)
    diagram.label((1.72, corner[1] + 0.16), "answer", color=KEY)
    written = diagram.label((DECODER, 2.78), "the next French word", color=MUTED)
    diagram.arrow(cross.top, written.bottom, color=MUTED)
    diagram.label((ENCODER, 0.16), "encoder", bold=True)
    diagram.label((DECODER, 0.16), "decoder", bold=True)
    return diagram.figure()


def _looks_at_itself(diagram: Diagram, x: float, words: str, name: str, width: float) -> Part:
    """Words below, which ask and answer both, and the attention above them."""
    below = diagram.label((x, 0.5), words)
    attention = diagram.box((x, 1.38), name, width=width, color=WEIGHT)
    for side, color, verb in ((-1, QUERY, "ask"), (1, KEY, "answer")):
        at = x + side * APART
        diagram.arrow((at, below.top[1]), (at, attention.bottom[1]), color=color)
        away = 0.18 if verb == "ask" else 0.3
        diagram.label((at + side * away, 0.9), verb, color=color)
    return attention
