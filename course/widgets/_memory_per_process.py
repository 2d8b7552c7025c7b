"""What one process must hold to train a model, alone and in three ways over several processes."""

from typing import NamedTuple

import ipywidgets
import traitlets

from course.widgets._assets import module, style
from course.widgets.panel import Panel, View
from course.widgets.still import COLORS, bar, picture, text


class Sizes(NamedTuple):
    """A Llama's. `keys`: numbers of all its key heads together. `tables`: of words, 1 where the
    output shares the input's."""

    layers: int
    size: int
    keys: int
    hidden: int
    words: int
    tables: int

    @property
    def parameters(self) -> int:
        """Of the embeddings, of attention, of the feed-forward networks and of the norms."""
        layer = self.size * (2 * self.size + 2 * self.keys + 3 * self.hidden + 2)
        return self.tables * self.words * self.size + self.layers * layer + self.size


MODELS = {
    "SmolLM2 135M": Sizes(30, 576, 192, 1536, 49_152, 1),
    "Llama 3 8B": Sizes(32, 4096, 1024, 14_336, 128_256, 2),
    "Llama 3 70B": Sizes(80, 8192, 1024, 28_672, 128_256, 2),
    "Llama 3 405B": Sizes(126, 16_384, 1024, 53_248, 128_256, 2),
}
COUNTS = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512)
LENGTHS = tuple(2**power for power in range(12, 21))  # 4,096 to 1,048,576
STATE, BYTES = 16, 2


class MemoryPerProcessView(View):
    """A bar per way, of two parts, beside the memory of one graphics card."""

    _esm = module("memory_per_process.js")
    _css = style("memory_per_process.css")
    models: "traitlets.List[dict[str, int]]" = traitlets.List().tag(sync=True)
    counts: traitlets.List[int] = traitlets.List(list(COUNTS)).tag(sync=True)
    lengths: traitlets.List[int] = traitlets.List(list(LENGTHS)).tag(sync=True)
    model = traitlets.Int().tag(sync=True)
    processes = traitlets.Int().tag(sync=True)  # which of the counts, for a slider
    tokens = traitlets.Int().tag(sync=True)


def memory_per_process(
    model: str = "Llama 3 8B", processes: int = 8, tokens: int = 131_072
) -> Panel:
    """GB that each process holds while it trains on one sequence, by ways of sharing the work.

    Raises ValueError for a choice that no control offers.
    """
    for name, given, known in (
        ("model", model, tuple(MODELS)),
        ("processes", processes, COUNTS),
        ("tokens", tokens, LENGTHS),
    ):
        if given not in known:
            raise ValueError(f"{name} must be one of {known}, got {given!r}")
    view = MemoryPerProcessView(
        models=[sizes._asdict() | {"parameters": sizes.parameters} for sizes in MODELS.values()],
        model=list(MODELS).index(model),
        processes=COUNTS.index(processes),
        tokens=LENGTHS.index(tokens),
    )
    which = ipywidgets.Dropdown(options=list(MODELS), value=model, description="model")
    count = ipywidgets.SelectionSlider(
        options=[str(count) for count in COUNTS], index=view.processes, description="processes"
    )
    length = ipywidgets.SelectionSlider(
        options=[f"{length:,}" for length in LENGTHS], index=view.tokens, description="tokens"
    )
    ipywidgets.jslink((which, "index"), (view, "model"))
    ipywidgets.jslink((count, "index"), (view, "processes"))
    ipywidgets.jslink((length, "index"), (view, "tokens"))
    return Panel(
        [which, count, length],
        view,
        still=_still(memory(processes, tokens, MODELS[model])),
        call=f"memory_per_process({model=}, {processes=}, {tokens=})",
    )


def memory(processes: int, tokens: int, sizes: Sizes) -> dict[str, tuple[float, float]]:
    """GB by way, of the model's state and of the tokens: what the view computes in JavaScript."""
    numbers = sizes.layers * sizes.size + 5 * sizes.size + 2 * sizes.keys + 3 * sizes.hidden
    kept, whole = BYTES * numbers * tokens / 1e9, STATE * sizes.parameters / 1e9
    shared = whole / processes + BYTES * sizes.parameters / sizes.layers / 1e9
    shared = whole if processes == 1 else shared
    return {
        "one process": (whole, kept),
        "DDP": (whole, kept),
        "FSDP2": (shared, kept),
        "FSDP2 + ring": (shared, kept / processes),
    }


def _still(found: dict[str, tuple[float, float]]) -> str:
    most = max(map(sum, found.values()))
    parts = [text(180, 16, "Memory of each process, in GB", anchor="middle")]
    for row, (way, (state, kept)) in enumerate(found.items()):
        y, unit = 32 + 26 * row, 170 / most
        parts += [
            text(96, y + 15, way, anchor="end"),
            bar(104, y + 2, unit * state, 18, COLORS["muted"]),
            bar(104 + unit * state, y + 2, unit * kept, 18, COLORS["line"]),
            text(354, y + 15, f"{state + kept:,.1f}", anchor="end"),
        ]
    return picture("Memory of each process", 360, 144, parts)
