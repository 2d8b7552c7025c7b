"""Chapter 06, self- and cross-attention: what masks on the way from French to English cost."""

from collections.abc import Callable
from typing import Any

import torch
from torch import nn

from attnlib import masks
from course.data.translation import load
from course.measurements.table import Cell, Table
from course.translation import pretrained
from course.translation.evaluation import exact_match
from course.translation.translator import Translator

COMMAND = "python -m course.measurements 6"
SENTENCES = 400

Change = Callable[[masks.Mask, int, int], masks.Mask | None]


def measure() -> list[Table]:
    """Exact translations when one thing about the mask is changed at a time, or two."""
    translator = pretrained.load("translation_transformer")
    some = load().test[:: 2000 // SENTENCES]
    rows: list[list[Cell]] = [
        [name, with_mask(translator, change, some)] for name, change in CHANGES.items()
    ]
    title = f"Masks from French to English: exact, of {len(some)} held-out sentences"
    return [Table(title, ["mask", "exact"], rows, COMMAND, percent=True)]


def with_mask(translator: Translator, change: Change, some: Any) -> float:
    """Exact translations when `change(padding, Tq, Tk)` is the mask of every cross-attention."""

    def tamper(module: nn.Module, args: Any, given: Any) -> Any:
        x, memory = args
        return args, given | {"mask": change(given["mask"], x.shape[1], memory.shape[1])}

    layers = [
        layer
        for name, layer in translator.model.named_modules()
        if name.endswith("cross_attention")
    ]
    hooks = [layer.register_forward_pre_hook(tamper, with_kwargs=True) for layer in layers]
    try:
        return exact_match(translator, some)
    finally:
        for hook in hooks:
            hook.remove()


def top_left(queries: int, keys: int) -> masks.Dense:
    """The French word at place i sees the English words up to place i."""
    return masks.Dense(torch.ones(queries, keys, dtype=torch.bool).tril())


def bottom_right(queries: int, keys: int) -> masks.Dense:
    """The newest French word sees all of English, the one before it all but one, and so on."""
    return masks.Dense(torch.ones(queries, keys, dtype=torch.bool).tril(keys - queries))


CHANGES: dict[str, Change] = {
    "padding (as trained)": lambda padding, queries, keys: padding,
    "none: padding is seen": lambda padding, queries, keys: None,
    "padding & causal, bottom right": lambda padding, *sizes: padding & bottom_right(*sizes),
    "padding & causal, top left": lambda padding, *sizes: padding & top_left(*sizes),
    "causal alone, bottom right": lambda padding, *sizes: bottom_right(*sizes),
}
