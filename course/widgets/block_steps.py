"""What happens in one layer of a Transformer, recorded while the trained one translated.

Each step has strips, one vector per word; attention has weights besides. Hooks listen to the
model's own modules: nothing is computed a second time.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn

from attnlib.inspect.recording import record_attention
from attnlib.models.transformer import Transformer
from course.translation.translator import Translator

Vectors = Float[Tensor, "T E"]


@dataclass(frozen=True)
class Strip:
    """One vector per word. `role` is its color: query, key, value, or stream for all else."""

    name: str
    vectors: Vectors
    role: str = "stream"


@dataclass(frozen=True)
class Step:
    """What the slider stops at. `weights` are (H, T, columns).

    `rail` follows the copy of x that waits beside the sublayer: keep, on, add, or nothing.
    """

    title: str
    says: str
    strips: list[Strip] = field(default_factory=list)
    weights: Float[Tensor, "H T S"] | None = None
    columns: tuple[str, ...] = ()
    rail: str = ""


@dataclass(frozen=True)
class Place:
    """A layer with the words that go through it."""

    name: str
    words: tuple[str, ...]
    steps: list[Step]


@torch.no_grad()
def record(translator: Translator, sentence: Sequence[str]) -> list[Place]:
    """Every layer's steps while the translator reads `sentence` and writes what it makes of it."""
    model = translator.model
    if not isinstance(model, Transformer) or isinstance(model.encoder_norm, nn.LayerNorm):
        raise TypeError("translator must hold a post-norm Transformer: the steps are in its order")
    english, french = tuple(sentence), tuple(translator.greedy([sentence])[0])
    source, lengths, target = translator.batch([english], [french])
    listener = Listener(model)
    with record_attention(model) as maps:
        model(source, lengths, target[:, :-1])
    listener.stop()
    told = _Telling(listener, {name: seen.weights[0] for name, seen in maps.items()})
    written = ("<bos>", *french)
    places = []
    for stack, words in (("encoder", english), ("decoder", written)):
        for layer in range(len(getattr(model, stack))):
            steps = [*told.start(stack, layer), *told.attention(stack, layer, "self", words)]
            if stack == "decoder":
                steps += told.attention(stack, layer, "cross", english)
            steps += told.feed_forward(stack, layer)
            places.append(Place(f"{stack}, layer {layer}", words, steps))
    return places


class Listener:
    """The last input and output of every module, by its name, for the one sentence of the batch."""

    def __init__(self, model: nn.Module) -> None:
        self.inputs: dict[str, Vectors] = {}
        self.outputs: dict[str, Vectors] = {}
        self._hooks = [
            module.register_forward_hook(self._hook(name)) for name, module in model.named_modules()
        ]
        self.model = model

    def stop(self) -> None:
        for hook in self._hooks:
            hook.remove()

    def _hook(self, name: str) -> Any:
        def hear(_: nn.Module, inputs: tuple[Any, ...], output: Any) -> None:
            self.inputs[name] = inputs[0][0]
            if isinstance(output, Tensor):  # attention gives an Attended, which is recorded
                self.outputs[name] = output[0]

        return hear


class _Telling:
    """Steps, from what was heard."""

    def __init__(self, heard: Listener, weights: dict[str, Tensor]) -> None:
        self.heard, self.weights = heard, weights

    def start(self, stack: str, layer: int) -> list[Step]:
        x = self.heard.inputs[f"{stack}.{layer}.self_attention_residual"]
        if layer > 0:
            before = f"This is what layer {layer - 1} of the {stack} gave: one vector per word."
            return [Step("input", before, [Strip("x", x)])]
        name = "source_embedding" if stack == "encoder" else "target_embedding"
        table = self.heard.model.get_parameter(f"{name}.table")
        word = table[self.heard.inputs[name]] * table.shape[1] ** 0.5
        return [
            Step(
                "embedding",
                "The word's row of the table, times √E. It knows nothing of its place or company.",
                [Strip("E[word]·√E", word)],
            ),
            Step(
                "+ position",
                "Waves that tell the place are added. Here the stream x begins.",
                [Strip("position", x - word), Strip("x", x)],
            ),
        ]

    def attention(self, stack: str, layer: int, kind: str, columns: tuple[str, ...]) -> list[Step]:
        name = f"{stack}.{layer}.{kind}_attention"
        out, into = self.heard.outputs, self.heard.inputs
        query = Strip("query", out[f"{name}.query"], "query")
        if kind == "self":
            asks = Step(
                "query, key, value",
                "Three matrices make three vectors of x. A copy of x waits beside, untouched.",
                [
                    query,
                    Strip("key", out[f"{name}.key"], "key"),
                    Strip("value", out[f"{name}.value"], "value"),
                ],
                rail="keep",
            )
        else:
            asks = Step(
                "query to English",
                "The French word asks; keys and values come from the encoder's output.",
                [query],
                rail="keep",
            )
        looks = "This word's weights over the words it may see; each row, a head, sums to 1."
        return [
            asks,
            Step("weights", looks, weights=self.weights[name], columns=columns, rail="on"),
            Step(
                "mixed values",
                "Each head sums values by its weights; the output matrix mixes the heads.",
                [
                    Strip("heads", into[f"{name}.output"], "value"),
                    Strip("mixed", out[f"{name}.output"]),
                ],
                rail="on",
            ),
            *self.residual(f"{name}_residual"),
        ]

    def feed_forward(self, stack: str, layer: int) -> list[Step]:
        name = f"{stack}.{layer}.feed_forward"
        return [
            Step(
                "feed forward",
                "Each word alone: up to a wider vector, negatives to 0, and down again.",
                [
                    Strip("hidden", self.heard.outputs[f"{name}.1"]),
                    Strip("output", self.heard.outputs[name]),
                ],
                rail="keep",
            ),
            *self.residual(f"{name}_residual"),
        ]

    def residual(self, name: str) -> list[Step]:
        heard = self.heard
        return [
            Step(
                "+ residual",
                "The copy of x is added: the sublayer only had to find a correction.",
                [Strip("x + …", heard.inputs[f"{name}.norm"])],
                rail="add",
            ),
            Step(
                "norm",
                "Mean 0 and spread 1, then a learned gain and shift for each number.",
                [Strip("x", heard.outputs[f"{name}.norm"])],
            ),
        ]
