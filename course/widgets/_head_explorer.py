"""All heads of a model on prepared texts or one's own: found by four scores, then opened."""

from collections.abc import Mapping
from typing import Any

import ipywidgets
import torch
import traitlets

from attnlib.inspect import Heads
from attnlib.inspect._explore import SCORES
from course.widgets._assets import module, style
from course.widgets._prepared_heads import SHOWN, prepared
from course.widgets.controls import check_range
from course.widgets.panel import Panel, View
from course.widgets.still import COLORS, bar, picture, text

LONGEST = 64  # tokens of a text whose maps are kept; of a longer one rows are asked for
KEYS = 24  # of such a row that are shown, the heaviest
# A character for each hundredth from 0 to 1, of those that JSON and HTML write as they are.
LETTERS = "".join(chr(i) for i in range(33, 127) if chr(i) not in "\"&'<\\")
LETTERS += "".join(chr(0xC0 + i) for i in range(101 - len(LETTERS)))


class HeadExplorerView(View):
    """A grid of heads, the first by score, and one head opened: its arcs and its map."""

    _esm = module("head_explorer.js")
    _css = style("words.css", "head_explorer.css")
    texts: traitlets.List[Any] = traitlets.List().tag(sync=True)
    letters = traitlets.Unicode(LETTERS).tag(sync=True)
    scores: traitlets.List[Any] = traitlets.List().tag(sync=True)
    text = traitlets.Int().tag(sync=True)
    score = traitlets.Int().tag(sync=True)
    lowest = traitlets.Bool().tag(sync=True)
    small = traitlets.Bool().tag(sync=True)
    layer = traitlets.Int().tag(sync=True)
    head = traitlets.Int().tag(sync=True)
    row = traitlets.Int().tag(sync=True)
    heaviest: traitlets.List[Any] = traitlets.List().tag(sync=True)

    def __init__(self, sources: list[Heads], **traits: Any) -> None:
        super().__init__(**traits)
        self._sources = sources
        self.observe(self._answer, ["text", "layer", "head", "row"])
        self._answer()

    def _answer(self, _: object = None) -> None:
        """Of a long text, the chosen row's heaviest keys."""
        heads = self._sources[self.text]
        names = list(heads.maps)
        layer = names[min(self.layer, len(names) - 1)]
        if not is_long(heads):
            self.heaviest = []
            return
        count, length = heads.maps[layer].query.shape[1:3]
        row, head = min(self.row, length - 1), min(self.head, count - 1)
        with torch.no_grad():
            weights = heads.rows(layer, head, slice(row, row + 1))[0]
        best = weights.topk(min(KEYS, len(weights)))
        pairs = zip(best.indices.tolist(), best.values.tolist(), strict=True)
        self.heaviest = sorted([place, round(weight, 4)] for place, weight in pairs)


def head_explorer(
    heads: Heads | Mapping[str, Heads] | None = None,
    *,
    text: int = 0,
    score: str = "induction",
    layer: int = 0,
    head: int = 0,
    row: int = -1,
    small: bool = False,
    lowest: bool = False,
) -> Panel:
    """All heads of a model in one grid, colored by a score; the ones it puts first; one opened.

    - `heads`: what `attnlib.inspect.explore` found, of one text or of several by name. Without it,
      SmolLM2, MiniLM and the translator on the prepared texts. Of a text of more than 64 tokens the
      rows are computed as they are asked for, which takes a kernel.
    - `score`: induction, previous token, self or entropy; `lowest` begins with the lowest.
    - `small`: whether the grid shows small maps instead of scores.
    - `text`, `layer`, `head`, `row`: which is opened, counted from 0.

    Raises ValueError for a score or a place that is not there.
    """
    if score not in SCORES:
        raise ValueError(f"score must be one of {', '.join(SCORES)}; got {score!r}")
    sources, call = _sources(heads)
    check_range("text", text, 0, len(sources) - 1)
    name, source = list(sources.items())[text]
    layers = list(source.maps)
    check_range("layer", layer, 0, len(layers) - 1)
    check_range("head", head, 0, source.maps[layers[layer]].query.shape[1] - 1)
    length = source.maps[layers[layer]].query.shape[2]
    row = length + row if row < 0 else row
    check_range("row", row, 0, length - 1)
    view = HeadExplorerView(
        list(sources.values()),
        texts=[packed(name, one) for name, one in sources.items()],
        scores=list(SCORES),
        text=text,
        score=list(SCORES).index(score),
        layer=layer,
        head=head,
        row=row,
        small=small,
        lowest=lowest,
    )
    menu = ipywidgets.Dropdown(options=list(sources), index=text, description="model and text")
    kinds = ipywidgets.ToggleButtons(
        options=list(SCORES), index=list(SCORES).index(score), description="score"
    )
    first = ipywidgets.Checkbox(value=lowest, description="lowest first", indent=False)
    maps = ipywidgets.Checkbox(value=small, description="small maps", indent=False)
    ipywidgets.jslink((menu, "index"), (view, "text"))
    ipywidgets.jslink((kinds, "index"), (view, "score"))
    ipywidgets.jslink((first, "value"), (view, "lowest"))
    ipywidgets.jslink((maps, "value"), (view, "small"))
    return Panel(
        [menu, kinds, first, maps],
        view,
        still=_still(name, source, score),
        call=f"head_explorer({call}{text=}, {score=}, {layer=}, {head=}, {row=})",
    )


def packed(name: str, heads: Heads) -> dict[str, Any]:
    """A text as the page holds it: words, layers, scores to three digits, a letter per weight.

    Where no query of a layer looks at a later token, only what may be seen is kept.
    """
    sides = [list(heads.words), list(heads.context)]
    layers: list[dict[str, Any]] = []
    maps: list[int] = []
    for layer, seen in heads.maps.items():
        own = [1 if words is heads.context and heads.context else 0 for words in heads.sides(layer)]
        shape = {"name": layer, "heads": seen.query.shape[1], "rows": own[0], "columns": own[1]}
        if is_long(heads):
            layers.append(shape | {"causal": True})
            continue
        weights = seen.weights[0]
        causal = own[0] == own[1] and not bool(weights.triu(1).any())
        if causal:
            weights = weights[:, *torch.tril_indices(*weights.shape[1:])]
        layers.append(shape | {"causal": causal})
        maps += (100 * weights).round().int().flatten().tolist()
    scores = [
        [[_digits(value) for value in values.tolist()] for values in by_layer.values()]
        for by_layer in heads.scores.values()
    ]
    told = "".join(LETTERS[hundredths] for hundredths in maps)
    return {"name": name, "words": sides, "layers": layers, "scores": scores, "weights": told}


def is_long(heads: Heads) -> bool:
    """Whether a text's maps are too large to be kept."""
    return max(len(heads.words), len(heads.context)) > LONGEST


def _digits(value: float) -> float | None:
    return None if value != value else round(value, 3)


def _sources(heads: Heads | Mapping[str, Heads] | None) -> tuple[dict[str, Heads], str]:
    """By name, and how the call is written."""
    if heads is None:
        return {name: prepared(name) for name in SHOWN}, ""
    if isinstance(heads, Heads):
        return {"your text": heads}, "heads, "
    return dict(heads), "heads, "


def _still(name: str, heads: Heads, score: str) -> str:
    """The grid, a row per layer, and the first five."""
    first = heads.ranked(score)[:5]
    highest = max(1.0, first[0].score) if first else 1.0
    parts = [text(8, 16, f"{name}: {score}")]
    for y, values in enumerate(heads.scores[score].values()):
        for x, value in enumerate(values.tolist()):
            share = 0.0 if value != value else value / highest
            tone = f"color-mix(in srgb, {COLORS['weight']} {100 * share:.0f}%, {COLORS['line']})"
            parts.append(bar(8 + 14 * x, 26 + 11 * y, 12, 9, tone))
    for line, one in enumerate(first):
        said = f"{one.layer}, head {one.head}: {one.score:.2f}"
        parts.append(text(190, 40 + 20 * line, said, COLORS["muted"]))
    height = 30 + max(11 * len(heads.maps), 130)
    return picture(f"All heads by {score}, {name}", 480, height, parts)
