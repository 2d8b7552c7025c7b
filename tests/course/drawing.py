"""A figure as the text that is stored of it."""

import io

from matplotlib.figure import Figure


def svg(figure: Figure) -> str:
    file = io.StringIO()
    figure.savefig(file, format="svg", metadata={"Date": None})
    return file.getvalue()
