"""SmolLM2 read on a set of prompts: where each head looks, and what may come next.

The model's 98 million bytes stay where they are: its weights for each prompt are computed here,
rounded to a byte each, and are all the page gets.
"""

import base64
from functools import cache
from typing import Any, NamedTuple

import ipywidgets
import torch
import traitlets
from jaxtyping import Float
from torch import Tensor

from attnlib.inspect.recording import record_attention
from course.language import smollm2
from course.widgets._assets import module, style
from course.widgets.controls import check_range
from course.widgets.panel import Panel, View
from course.widgets.still import weight_bars

PROMPTS = (
    "The cat sat on the mat",
    "The capital of France is",
    "Water boils at 100 degrees",
    "Mary had a little lamb, its fleece was white as",
    "red, blue, red, blue, red,",
    "def add(a, b):\n    return a",
)
SHOWN = 8  # tokens that may come next


class Read(NamedTuple):
    """A prompt's pieces, all heads' weights, and what may follow each piece."""

    pieces: list[str]
    maps: Float[Tensor, "N H T T"]
    next: list[list[tuple[str, float]]]


class SmolLM2MapsView(View):
    """The pieces to choose from, the weight on the first per layer, the heads, the chances."""

    _esm = module("smollm2_maps.js")
    _css = style("words.css", "smollm2_maps.css")
    prompts: traitlets.List[Any] = traitlets.List().tag(sync=True)
    weights: traitlets.List[Any] = traitlets.List().tag(sync=True)
    chances: traitlets.List[Any] = traitlets.List().tag(sync=True)
    prompt = traitlets.Int().tag(sync=True)
    layer = traitlets.Int().tag(sync=True)
    head = traitlets.Int().tag(sync=True)
    piece = traitlets.Int().tag(sync=True)


def smollm2_maps(prompt: int = 0, layer: int = 25, head: int = 0, piece: int = 5) -> Panel:
    """All heads of SmolLM2 on a prompt; choose a layer, a head, and the piece that looks.

    All are counted from 0. Raises ValueError when there is no such one, and ImportError, with how
    to get it, when the model's package is missing.
    """
    check_range("prompt", prompt, 0, len(PROMPTS) - 1)
    everything = list(map(read, PROMPTS))
    pieces, maps, _ = everything[prompt]
    check_range("layer", layer, 0, maps.shape[0] - 1)
    check_range("head", head, 0, maps.shape[1] - 1)
    check_range("piece", piece, 0, len(pieces) - 1)
    view = SmolLM2MapsView(
        prompts=[one.pieces for one in everything],
        weights=[packed(one.maps) for one in everything],
        chances=[one.next for one in everything],
        prompt=prompt,
        layer=layer,
        head=head,
        piece=piece,
    )
    shown = [text.replace("\n", "↵") for text in PROMPTS]
    choice = ipywidgets.Dropdown(options=shown, index=prompt, description="prompt")
    depth = ipywidgets.IntSlider(min=0, max=maps.shape[0] - 1, value=layer, description="layer")
    ipywidgets.jslink((choice, "index"), (view, "prompt"))
    ipywidgets.jslink((depth, "value"), (view, "layer"))
    return Panel(
        [choice, depth],
        view,
        still=weight_bars(
            f"Where “{pieces[piece].strip()}” looks in layer {layer}, head {head}",
            pieces[: piece + 1],
            maps[layer, head, piece, : piece + 1].tolist(),
        ),
        call=f"smollm2_maps({prompt=}, {layer=}, {head=}, {piece=})",
    )


@cache
def read(text: str) -> Read:
    """The model, run over the text once."""
    model, tokenizer = _reader()
    numbers = tokenizer.encode(text)
    with record_attention(model) as maps, torch.no_grad():
        chances = model(torch.tensor([numbers]))[0].softmax(dim=-1)
    most = chances.topk(SHOWN, dim=-1)
    following = [
        [(tokenizer.decode([token]), round(p, 3)) for token, p in zip(tokens, ps, strict=True)]
        for tokens, ps in zip(most.indices.tolist(), most.values.tolist(), strict=True)
    ]
    layers = torch.stack([seen.weights[0] for seen in maps.values()])
    return Read([tokenizer.decode([number]) for number in numbers], layers, following)


_reader = cache(smollm2.load)


def packed(weights: Float[Tensor, "N H T T"]) -> str:
    """A byte each, 255 for 1, as base64; of each row what a causal model may see."""
    length = weights.shape[-1]
    seen = weights[:, :, *torch.tril_indices(length, length)]
    numbers = (255 * seen).round().to(torch.uint8)
    return base64.b64encode(numbers.numpy().tobytes()).decode()
