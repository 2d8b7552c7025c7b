"""Still pictures: the SVG that stands in a widget's place where no script runs.

Colors are the custom properties of the page, with the light color where there are none.
"""

from collections.abc import Mapping, Sequence
from html import escape
from itertools import pairwise

COLORS = {
    "query": "var(--attn-query, #2563eb)",
    "key": "var(--attn-key, #b45309)",
    "value": "var(--attn-value, #047857)",
    "weight": "var(--attn-weight, #7c3aed)",
    "muted": "var(--attn-muted, #57606a)",
    "line": "var(--attn-line, #d5dae1)",
}


def picture(title: str, width: int, height: int, parts: Sequence[str]) -> str:
    """An SVG with its title read out, as wide as its place allows and never wider than 480 px."""
    label = f'role="img" aria-label="{escape(title, quote=True)}"'
    size = f'viewBox="0 0 {width} {height}" style="max-width:480px;font:13px sans-serif"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {label} {size}>{"".join(parts)}</svg>'


def text(x: float, y: float, words: str, fill: str = "currentColor", anchor: str = "start") -> str:
    place = f'x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"'
    return f'<text {place} style="fill:{fill}">{escape(words)}</text>'


def numbers(x: float, y: float, rows: Sequence[Sequence[float]], places: int = 0) -> list[str]:
    """A table of numbers, its upper left corner at (x, y)."""
    return [
        text(x + 40 * column + 32, y + 22 * row, f"{number:.{places}f}", anchor="end")
        for row, line in enumerate(rows)
        for column, number in enumerate(line)
    ]


def bar(x: float, y: float, width: float, height: float, fill: str) -> str:
    place = f'x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}"'
    return f'<rect {place} rx="3" style="fill:{fill}"/>'


def line(x1: float, y1: float, x2: float, y2: float, stroke: str, width: float = 1) -> str:
    place = f'x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"'
    pen = f"stroke:{stroke};stroke-width:{round(width, 2):g};stroke-linecap:round"
    return f'<line {place} style="{pen}"/>'


def score_and_weight_bars(
    title: str, labels: Sequence[str], scores: Sequence[float], weights: Sequence[float]
) -> str:
    """One line per key: its score to the left or right of an axis, then its weight."""
    top, step, axis = 46, 24, 100
    longest = max(*(abs(score) for score in scores), 1)
    parts = [
        text(180, 16, title, anchor="middle"),
        text(axis, 36, "score", COLORS["muted"], "middle"),
        text(220, 36, "weight", COLORS["muted"]),
        line(axis, top, axis, top + step * len(labels), COLORS["line"]),
    ]
    for row, (label, score, weight) in enumerate(zip(labels, scores, weights, strict=True)):
        y = top + step * row
        length = 52 * abs(score) / longest
        parts += [
            text(8, y + 15, label, COLORS["key"]),
            bar(axis - length if score < 0 else axis, y + 3, length, 16, COLORS["muted"]),
            text(206, y + 15, f"{score:.2f}".replace("-", "−"), anchor="end"),
            bar(220, y + 3, 90 * weight, 16, COLORS["weight"]),
            text(354, y + 15, f"{weight:.3f}", anchor="end"),
        ]
    return picture(title, 360, top + step * len(labels) + 8, parts)


def weight_bars(title: str, labels: Sequence[str], weights: Sequence[float]) -> str:
    """One line per key: its name, and its weight as a bar with its number."""
    top, step = 32, 24
    parts = [text(180, 16, title, anchor="middle")]
    for row, (label, weight) in enumerate(zip(labels, weights, strict=True)):
        y = top + step * row
        parts += [
            text(80, y + 15, label, COLORS["key"], "end"),
            bar(92, y + 3, 210 * weight, 16, COLORS["weight"]),
            text(354, y + 15, f"{weight:.2f}", anchor="end"),
        ]
    return picture(title, 360, top + step * len(labels) + 8, parts)


def two_planes(
    title: str,
    words: Sequence[str],
    query: Sequence[float],
    keys: Sequence[Sequence[float]],
    values: Sequence[Sequence[float]],
    weights: Sequence[float],
    output: Sequence[float],
) -> str:
    """Left the query, the keys and their weights as discs; right the values and the output."""
    left, right, middle, unit = 95, 270, 112, 34
    parts = [
        text(left, 14, "query and keys", COLORS["muted"], "middle"),
        text(right, 14, "values and output", COLORS["muted"], "middle"),
    ]
    for center in (left, right):
        parts += [
            line(center - 2.4 * unit, middle, center + 2.4 * unit, middle, COLORS["line"]),
            line(center, middle - 2.4 * unit, center, middle + 2.4 * unit, COLORS["line"]),
        ]
    for word, key, value, weight in zip(words, keys, values, weights, strict=True):
        name = f"{word} {weight:.2f}"
        parts += [
            disc(left + unit * key[0], middle - unit * key[1], 20 * weight**0.5),
            arrow(left, middle, unit, key, name, COLORS["key"]),
            arrow(right, middle, unit, value, word, COLORS["value"]),
        ]
    parts += [
        arrow(left, middle, unit, query, "query", COLORS["query"], 3),
        arrow(right, middle, unit, output, "output", "currentColor", 3),
    ]
    return picture(title, 360, 204, parts)


def alignment_arcs(
    title: str, sources: Sequence[str], targets: Sequence[str], weights: Sequence[float], now: int
) -> str:
    """Source words left, target words right, and from target word `now` an arc a source word."""
    row, left, right = 26, 120, 250
    parts = []
    for place, (word, weight) in enumerate(zip(sources, weights, strict=True)):
        y = row * (place + 1)
        parts.append(text(left - 50, y, word, COLORS["key"], "end"))
        parts.append(text(left - 8, y, f"{weight:.2f}", COLORS["weight"], "end"))
        if weight > 0.02:
            parts.append(
                line(left, y - 4, right, row * (now + 1) - 4, COLORS["weight"], 8 * weight)
            )
    for place, word in enumerate(targets):
        color = COLORS["query"] if place == now else COLORS["muted"]
        parts.append(text(right + 8, row * (place + 1), word, color))
    return picture(title, 360, row * (max(len(sources), len(targets)) + 1), parts)


def curves(title: str, places: Sequence[float], shares: Mapping[str, Sequence[float]]) -> str:
    """A line for each name, from 0 % to 100 %, over the places."""
    left, right, top, bottom = 44, 348, 36, 170
    span = places[-1] - places[0] or 1
    parts = [text(180, 16, title, anchor="middle")]
    for share in (0, 0.5, 1):
        y = bottom - share * (bottom - top)
        parts.append(line(left, y, right, y, COLORS["line"]))
        parts.append(text(left - 6, y + 4, f"{share:.0%}", COLORS["muted"], "end"))
    for place in (places[0], places[-1]):
        x = left + (place - places[0]) / span * (right - left)
        parts.append(text(x, bottom + 18, str(place), COLORS["muted"], "middle"))
    for number, (name, curve) in enumerate(shares.items()):
        color = (COLORS["key"], COLORS["weight"])[number]
        points = [
            (left + (place - places[0]) / span * (right - left), bottom - share * (bottom - top))
            for place, share in zip(places, curve, strict=True)
        ]
        parts += [line(*a, *b, color, 3) for a, b in pairwise(points)]
        parts.append(text(left + 8, bottom - 34 + 16 * number, name, color))
    return picture(title, 360, bottom + 28, parts)


def disc(x: float, y: float, radius: float) -> str:
    place = f'cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}"'
    return f'<circle {place} style="fill:{COLORS["weight"]};opacity:0.25"/>'


def arrow(
    x: float,
    y: float,
    unit: float,
    vector: Sequence[float],
    name: str,
    color: str,
    width: float = 2,
) -> str:
    """A line from the origin at (x, y), a dot at its tip and its name beyond."""
    tip_x, tip_y = x + unit * vector[0], y - unit * vector[1]
    dot = f'<circle cx="{tip_x:.1f}" cy="{tip_y:.1f}" r="{1.5 * width}" style="fill:{color}"/>'
    above = 14 if vector[1] < 0 else -7
    return (
        line(x, y, tip_x, tip_y, color, width)
        + dot
        + text(tip_x, tip_y + above, name, color, "middle")
    )
