"""Looking a name up among names that hold digits: a task that a layer of attention can learn.

    told: cat 3 · dog 7 · owl 1 · …        asked: dog        answer: 7

`LookUp(layer)` is a model around the reader's layer; `FaultOfTraining` says what is wrong with it.
"""

import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from course.exercises.answers import same
from course.exercises.trying import Draw

NAMES, DIGITS, SHELF = 8, 10, 6  # so many names there are, digits, and names told in one game
WANTED = 0.95  # of right answers
FRESH = 1_000_003  # a seed that no training uses

Games = tuple[Int[Tensor, "B 6"], Int[Tensor, "B 6"], Int[Tensor, " B"], Int[Tensor, " B"]]
Layer = Any  # nn.Module with the projections query, key and value, or what the exercise names
Mistake = Callable[[Layer, Tensor, Tensor], Tensor]


def draw_games(games: int, seed: int) -> Games:
    """The six names told, the digit of each, the name asked for, and its digit."""
    source = torch.Generator().manual_seed(seed)
    names = torch.rand(games, NAMES, generator=source).argsort(dim=1)[:, :SHELF]
    digits = torch.randint(DIGITS, (games, SHELF), generator=source)
    chosen = torch.randint(SHELF, (games, 1), generator=source)
    return names, digits, names.gather(1, chosen)[:, 0], digits.gather(1, chosen)[:, 0]


class LookUp(nn.Module):
    """Vectors for names and digits, the reader's layer, and a digit's logits from what it gives."""

    def __init__(self, layer: Layer, *, size: int = 16) -> None:
        super().__init__()
        self.name = nn.Embedding(NAMES, size)
        self.digit = nn.Embedding(DIGITS, size)
        self.layer = layer
        self.say = nn.Linear(size, DIGITS)

    def forward(
        self, names: Int[Tensor, "B 6"], digits: Int[Tensor, "B 6"], asked: Int[Tensor, " B"]
    ) -> Float[Tensor, "B 10"]:
        asking = self.name(asked)[:, None]  # (B, 1, E)
        told = self.name(names) + self.digit(digits)  # (B, 6, E)
        logits: Tensor = self.say(self.layer(asking, told)[:, 0])
        return logits


def attended(layer: Layer, asking: Tensor, told: Tensor) -> Tensor:
    """What a layer with these projections should give."""
    query, key, value = layer.query(asking), layer.key(told), layer.value(told)
    return (query @ key.mT / query.shape[-1] ** 0.5).softmax(dim=-1) @ value


@dataclass(frozen=True)
class FaultOfTraining:
    """What is wrong with a trained model, or with a function that trains one; None when nothing is.

    First the layer's numbers, with the reader's own parameters; then what the model has learned.

    - `known`: mistakes by their hints. `right`: what a layer should give, by its `parts`, which it
      has under these names. `formula`: what to compare with when the mistake is another.
    """

    known: Mapping[str, Mistake]
    right: Mistake = attended
    parts: Mapping[str, type] = field(
        default_factory=lambda: dict.fromkeys(("query", "key", "value"), nn.Linear)
    )
    formula: str = "softmax(Q Kᵀ / √D) V, with Q from asking, K and V from told"

    def __call__(self, answer: Any) -> str | None:
        """The hint for the reader's model."""
        if not isinstance(answer, nn.Module) and callable(answer):
            try:
                answer = answer()
            except Exception as error:  # the reader's code may raise anything
                return f"your code stopped with {type(error).__name__}: {error}"
        if answer is None or answer is ...:
            return "the function returns nothing yet: replace the dots, and end with `return model`"
        if not isinstance(answer, LookUp):
            return f"return the LookUp that you trained; got {type(answer).__name__}."
        return self.of_layer(answer.layer, answer.name.embedding_dim) or of_learning(answer)

    @torch.no_grad()
    def of_layer(self, layer: Layer, size: int) -> str | None:
        """What is wrong with the layer's numbers."""
        for name, kind in self.parts.items():
            if not _has_parameters(getattr(layer, name, None)):
                return f"your layer has no nn.{kind.__name__} called `{name}`: make it in __init__."
        draw = Draw()
        cases = [
            (draw.normal(batch, queries, size), draw.normal(batch, keys, size))
            for batch, queries, keys in ((2, 3, 5), (4, 4, 4), (1, 2, 7))
        ]
        copies = [(asking.clone(), told.clone()) for asking, told in cases]
        try:
            given = [layer(*copy) for copy in copies]
        except Exception as error:
            return f"your layer stopped with {type(error).__name__}: {error}"
        whole = zip(itertools.chain(*cases), itertools.chain(*copies), strict=True)
        if not all(torch.equal(now, before) for now, before in whole):
            return "your layer changes its inputs: work on a copy of them."
        if all(map(_agree, given, (self.right(layer, *case) for case in cases))):
            return None
        for hint, mistake in self.known.items():
            if all(map(_agree, given, (mistake(layer, *case) for case in cases))):
                return hint
        asking, told = cases[0]
        if not isinstance(given[0], Tensor):
            return f"the layer gives no tensor but {type(given[0]).__name__}: return the output."
        wanted = (*asking.shape[:-1], size)
        if given[0].shape != wanted:
            return (
                f"one output per query: for asking {tuple(asking.shape)} and told "
                f"{tuple(told.shape)} the shape is {wanted}, yours is {tuple(given[0].shape)}."
            )
        return f"the shape is right, the numbers are not: compare with {self.formula}."


@torch.no_grad()
def of_learning(model: LookUp) -> str | None:
    """What is wrong with what the model has learned, asked in games that it has not seen."""
    names, digits, asked, answers = draw_games(2000, seed=FRESH)
    right = float((model(names, digits, asked).argmax(dim=-1) == answers).double().mean())
    if right >= WANTED:
        return None
    layer = "the layer's numbers are right, but "
    if right < 0.3:
        return (
            f"{layer}the model is right in {right:.0%} of new games: it was not trained. Does the "
            "loop draw games, call backward() and step(), and does the optimizer have "
            "model.parameters()?"
        )
    return (
        f"{layer}the model is right in {right:.0%} of new games, and {WANTED:.0%} are asked for: "
        "train for more steps, or with a larger learning rate (0.01 will do)."
    )


def _has_parameters(part: object) -> bool:
    if isinstance(part, nn.Module):
        return any(True for _ in part.parameters())
    return isinstance(part, nn.Parameter)


def _agree(given: object, wanted: Tensor) -> bool:
    if not isinstance(given, Tensor) or given.is_complex():
        return False
    return same(given, wanted, 1e-5)
