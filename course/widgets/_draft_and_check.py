"""Speculative decoding, one guess: the draft proposes, the model checks, and no chance is lost."""

import ipywidgets
import torch
import traitlets
from torch import Tensor

from attnlib.models.generation import residual
from course.widgets._assets import module, style
from course.widgets.controls import check_range
from course.widgets.panel import Panel, View
from course.widgets.still import COLORS, bar, picture, text

WORDS = ("mat", "rug", "bed", "moon", "dog")
MODEL = (0.40, 0.25, 0.20, 0.10, 0.05)
DRAFT = (0.15, 0.45, 0.05, 0.05, 0.30)
MOST = 8  # guesses


class DraftAndCheckView(View):
    """Per word p, q and what becomes of it, and what one guess comes to."""

    _esm = module("draft_and_check.js")
    _css = style("draft_and_check.css")
    words: traitlets.List[str] = traitlets.List().tag(sync=True)
    model_says: traitlets.List[float] = traitlets.List().tag(sync=True)
    draft_says: traitlets.List[float] = traitlets.List().tag(sync=True)
    guess = traitlets.Int().tag(sync=True)
    chance = traitlets.Float().tag(sync=True)
    likeness = traitlets.Float().tag(sync=True)
    guesses = traitlets.Int().tag(sync=True)


def draft_and_check(
    guess: str = "rug", chance: float = 0.7, likeness: float = 0.0, guesses: int = 4
) -> Panel:
    """A guess of a draft's distribution q, checked by the model's p (Leviathan et al., 2023).

    `chance`: the number drawn for it; the guess stays if it lies below p/q. `likeness`: how far q
    is drawn towards p, (1 − likeness) · q + likeness · p. `guesses`: per pass through the model.
    Raises ValueError for another word, a chance outside 0 … 0.99, a likeness outside 0 … 1 or
    guesses outside 1 … 8.
    """
    if guess not in WORDS:
        raise ValueError(f"guess must be one of {WORDS}, got {guess!r}")
    check_range("chance", chance, 0, 0.99)
    check_range("likeness", likeness, 0, 1)
    check_range("guesses", guesses, 1, MOST)
    view = DraftAndCheckView(
        words=list(WORDS),
        model_says=list(MODEL),
        draft_says=list(DRAFT),
        guess=WORDS.index(guess),
        chance=chance,
        likeness=likeness,
        guesses=guesses,
    )
    word = ipywidgets.ToggleButtons(
        options=WORDS, index=WORDS.index(guess), description="the draft guesses"
    )
    drawn = ipywidgets.FloatSlider(
        min=0, max=0.99, step=0.01, value=chance, description="number drawn"
    )
    alike = ipywidgets.FloatSlider(
        min=0, max=1, step=0.05, value=likeness, description="how like the model the draft is"
    )
    count = ipywidgets.IntSlider(min=1, max=MOST, value=guesses, description="guesses per pass")
    ipywidgets.jslink((word, "index"), (view, "guess"))
    ipywidgets.jslink((drawn, "value"), (view, "chance"))
    ipywidgets.jslink((alike, "value"), (view, "likeness"))
    ipywidgets.jslink((count, "value"), (view, "guesses"))
    return Panel(
        [word, drawn, alike, count],
        view,
        still=_still(likeness),
        call=f"draft_and_check({guess=}, {chance=}, {likeness=}, {guesses=})",
    )


def drafted(likeness: float) -> Tensor:
    """q: the draft's distribution, drawn towards the model's."""
    model, draft = (torch.tensor(told, dtype=torch.float64) for told in (MODEL, DRAFT))
    return (1 - likeness) * draft + likeness * model


def ways(likeness: float) -> tuple[Tensor, Tensor]:
    """Per word, its chance to come as a guess that stays, and in place of one that does not."""
    model, draft = torch.tensor(MODEL, dtype=torch.float64), drafted(likeness)
    stays = torch.minimum(model, draft)
    return stays, (1 - stays.sum()) * residual(model, draft)


def _still(likeness: float) -> str:
    """Per word, a bar: the part that stays as a guess, then the part that replaces one."""
    stays, replaces = (told.tolist() for told in ways(likeness))
    title = "How each word comes: as a guess, or in place of one"
    parts = [text(180, 16, title, anchor="middle")]
    for row, word in enumerate(WORDS):
        y, first = 32 + 24 * row, 400 * stays[row]
        parts += [
            text(60, y + 15, word, anchor="end"),
            bar(70, y + 3, first, 16, COLORS["weight"]),
            bar(70 + first, y + 3, 400 * replaces[row], 16, COLORS["muted"]),
            text(354, y + 15, f"{stays[row] + replaces[row]:.2f}", anchor="end"),
        ]
    return picture(title, 360, 32 + 24 * len(WORDS) + 8, parts)
