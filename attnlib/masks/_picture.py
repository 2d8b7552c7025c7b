"""A mask drawn as characters or as an HTML table: rows are queries, columns are keys."""

from html import escape

from jaxtyping import Bool
from torch import Tensor


def text_picture(allowed: Bool[Tensor, "B H Tq Tk"]) -> str:
    """One line per query, ■ where it may attend and · where not; one matrix below another."""
    pictures = (
        "\n".join(" ".join("■" if seen else "·" for seen in row) for row in matrix)
        for matrix in allowed.flatten(0, 1).tolist()
    )
    return "\n\n".join(pictures)


def html_picture(allowed: Bool[Tensor, "B H Tq Tk"], title: str) -> str:
    """The same as small tables, filled where the query may attend, with the rule as the caption."""
    tables = "".join(_table(matrix, title) for matrix in allowed.flatten(0, 1).tolist())
    return f'<div class="attn-masks" style="display:flex;gap:1rem;flex-wrap:wrap">{tables}</div>'


def _table(matrix: list[list[bool]], title: str) -> str:
    rows = "".join(f"<tr>{''.join(_cell(seen) for seen in row)}</tr>" for row in matrix)
    caption = f"<caption>{escape(title)}: rows are queries, columns are keys</caption>"
    return f'<table class="attn-mask" style="border-collapse:collapse">{caption}{rows}</table>'


def _cell(seen: bool) -> str:
    style = "width:1.1em;height:1.1em;border:1px solid #94a3b8;padding:0;text-align:center"
    fill, label = (";background:#7c3aed;color:#fff", "■") if seen else ("", "·")
    return f'<td style="{style}{fill}">{label}</td>'
