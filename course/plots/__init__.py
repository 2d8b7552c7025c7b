"""Figures of attention: heat maps, alignments, heads, diagrams of machines, measured ratios.

    from course import plots
    plots.use_style()                                 # once, in a chapter's first cell
    plots.heatmap(weights, rows=words, columns=words, title="Each word looks at the one before it")

A figure's alternative text stands in the metadata of its cell, where the book reads it:
`{"mystnb": {"image": {"alt": "Heat map: …"}}}`.
"""

from course.plots._alignment import alignment
from course.plots._heads import heads
from course.plots._heatmap import heatmap
from course.plots._ratios import ratios
from course.plots._recurrent import bridges, recurrent_translator
from course.plots._three_attentions import three_attentions
from course.plots._transformer import transformer
from course.plots.style import use_style

__all__ = [
    "alignment",
    "bridges",
    "heads",
    "heatmap",
    "ratios",
    "recurrent_translator",
    "three_attentions",
    "transformer",
    "use_style",
]
