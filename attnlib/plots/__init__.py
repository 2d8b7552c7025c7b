"""Figures of attention: heat maps, alignments, grids of heads.

    from attnlib import plots
    plots.use_style()                                 # once, in a chapter's first cell
    plots.heatmap(weights, rows=words, columns=words, title="Each word looks at the one before it")

A figure's alternative text stands in the metadata of its cell, where the book reads it:
`{"mystnb": {"image": {"alt": "Heat map: …"}}}`.
"""

from attnlib.plots.alignment import alignment
from attnlib.plots.heads import heads
from attnlib.plots.heatmap import heatmap
from attnlib.plots.style import use_style
from attnlib.plots.transformer import transformer

__all__ = ["alignment", "heads", "heatmap", "transformer", "use_style"]
