"""Sentence length: what longer sentences do to a translator without attention, and to one with."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import ipywidgets
import traitlets

from course.widgets._assets import module, style
from course.widgets.panel import Panel, View
from course.widgets.still import curves


@dataclass(frozen=True)
class Example:
    """A held-out sentence of some length, its right translation, and what each model wrote."""

    length: int
    english: Sequence[str]
    french: Sequence[str]
    written: Sequence[Sequence[str]]


class SentenceLengthView(View):
    """Curves of exact translations, and one sentence with the wrong words marked."""

    _esm = module("sentence_length.js")
    _css = style("sentence_length.css")
    models: traitlets.List[Any] = traitlets.List().tag(sync=True)
    lengths: traitlets.List[Any] = traitlets.List().tag(sync=True)
    exact: traitlets.List[Any] = traitlets.List().tag(sync=True)
    trained_to = traitlets.Int().tag(sync=True)
    examples: traitlets.List[Any] = traitlets.List().tag(sync=True)
    length = traitlets.Int().tag(sync=True)


def sentence_length(
    models: Sequence[str],
    lengths: Sequence[int],
    exact: Sequence[Sequence[float]],
    examples: Sequence[Example],
    *,
    trained_to: int,
    length: int = 12,
) -> Panel:
    """Move the length: a held-out sentence of that many words, as each of two models translates it.

    `exact[m][i]` is the share of exact translations of model m at `lengths[i]`. Raises ValueError
    when there are not two models, or a curve or an example does not fit them.
    """
    if len(models) != 2:
        raise ValueError(f"models must name two models, got {len(models)}")
    if len(exact) != 2 or any(len(curve) != len(lengths) for curve in exact):
        raise ValueError(f"exact must hold two curves of {len(lengths)} points, as lengths has")
    if not examples or any(len(example.written) != 2 for example in examples):
        raise ValueError("examples must hold at least one, each with what both models wrote")
    examples = sorted(examples, key=lambda example: example.length)
    view = SentenceLengthView(
        models=list(models),
        lengths=list(lengths),
        exact=[[round(share, 4) for share in curve] for curve in exact],
        trained_to=trained_to,
        examples=[asdict(example) for example in examples],
        length=length,
    )
    slider = ipywidgets.IntSlider(
        min=examples[0].length, max=examples[-1].length, value=length, description="English words"
    )
    ipywidgets.jslink((slider, "value"), (view, "length"))
    title = "Exact translations by number of English words"
    return Panel(
        [slider],
        view,
        still=curves(title, lengths, dict(zip(models, exact, strict=True))),
        call=f"sentence_length({', '.join(models)}; {length=})",
    )
