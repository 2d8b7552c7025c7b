"""Dilution: what is left of a weight among eight times as many keys (chapter 16).

Of n tokens, each a letter with a number, one has the number 1 and the others at most 0.95; a query
has to say that one's letter. Trained on 16, 32 and 64 tokens, tested on 512: the gap stays, and
nothing changes but the number of keys. (After Veličković et al., 2024, whose gap shrinks too.)
"""

import math
from collections.abc import Iterator

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn

from attnlib import record_attention
from attnlib.attend import Attend
from attnlib.normalizers import LengthScaled, Normalizer, softmax
from course.measurements.table import Cell, Table
from course.training.loop import train
from course.training.recipe import Recipe

LETTERS, SIZE = 16, 32
BELOW = 0.95  # the others' numbers
LENGTHS = (16, 32, 64)  # in training, in turn
LONG = 8 * LENGTHS[-1]
TESTED = (LENGTHS[-1], LONG)
STEPS, BATCH, RATE, WARM_UP = 300, 64, 3e-3, 40
SEEDS = range(5)
HELD_OUT, SETS = 1_000_000_000, 512  # a seed far from those of the steps
PLAIN = 1 / math.log(LENGTHS[-1])  # times log n: the scores as they are, among 64 keys


def draw(
    sets: int, length: int, seed: int
) -> tuple[Float[Tensor, "B n"], Int[Tensor, "B n"], Int[Tensor, " B"]]:
    """Numbers and letters of the tokens, and which token has the 1."""
    source = torch.Generator().manual_seed(seed)
    letters = torch.randint(LETTERS, (sets, length), generator=source)
    place = torch.randint(length, (sets,), generator=source)
    numbers = BELOW * torch.rand(sets, length, generator=source)
    return numbers.scatter(1, place[:, None], 1.0), letters, place


class Factor(nn.Module):
    """softmax(c · s), c learned: what `LengthScaled` learns besides, without the length."""

    def __init__(self) -> None:
        super().__init__()
        self.strength = nn.Parameter(torch.ones(()))

    def forward(self, scores: Tensor, allowed: Tensor | None = None) -> Tensor:
        return softmax(self.strength * scores, allowed)


class Picker(nn.Module):
    """One learned query over all tokens, and what its output says of the letter."""

    def __init__(self, normalize: Normalizer) -> None:
        super().__init__()
        self.letter = nn.Embedding(LETTERS, SIZE)
        self.number = nn.Parameter(torch.randn(SIZE))
        self.query = nn.Parameter(torch.randn(SIZE))
        self.key = nn.Linear(SIZE, SIZE, bias=False)
        self.value = nn.Linear(SIZE, SIZE, bias=False)
        self.attend = Attend(normalize=normalize)
        self.say = nn.Linear(SIZE, LETTERS)

    def forward(
        self, numbers: Float[Tensor, "B n"], letters: Int[Tensor, "B n"]
    ) -> Float[Tensor, "B letters"]:
        x = (self.letter(letters) + numbers.unsqueeze(-1) * self.number).unsqueeze(1)
        query = self.query.expand(len(x), 1, 1, -1)
        logits: Tensor = self.say(self.attend(query, self.key(x), self.value(x)).output)
        return logits[:, 0, 0]


def trained(normalize: Normalizer, seed: int, *, steps: int = STEPS) -> Picker:
    """A network trained on sets that never repeat."""
    torch.manual_seed(seed)
    model = Picker(normalize)
    recipe = Recipe(steps=steps, learning_rate=RATE, warmup=WARM_UP, seed=seed)

    def loss(step: int) -> Tensor:
        numbers, letters, place = draw(BATCH, LENGTHS[step % 3], recipe.seed_of(step))
        return F.cross_entropy(model(numbers, letters), _at(letters, place))

    train(model, loss, recipe, progress=False)
    return model


@torch.no_grad()
def picked(model: Picker, length: int) -> list[float]:
    """The weight of the token with the 1; nats per answer; the share of right answers."""
    numbers, letters, place = draw(SETS, length, HELD_OUT)
    with record_attention(model) as seen:
        logits = model(numbers, letters)
    (looked,) = seen.values()
    weight = _at(looked.weights[:, 0, 0], place).mean()
    wanted = _at(letters, place)
    right = (logits.argmax(dim=-1) == wanted).double().mean()
    nats = F.cross_entropy(logits, wanted)
    return [round(number.item(), 4) for number in (weight, nats, right)]


def _at(rows: Tensor, place: Int[Tensor, " B"]) -> Tensor:
    return rows.gather(1, place[:, None])[:, 0]


def networks(seed: int) -> Iterator[tuple[str, Picker]]:
    """Plain, then its scores times log n / log 64; with a learned factor; with the length too."""
    model = trained(softmax, seed)
    yield "plain", model
    model.attend.normalize = LengthScaled(1, strength=PLAIN)
    yield "sharpened afterwards", model
    yield "learned factor", trained(Factor(), seed)
    yield "length-scaled", trained(LengthScaled(1, strength=PLAIN), seed)


def dilution(command: str) -> Table:
    """Fifteen small networks, half a minute of one quiet core."""
    rows: list[list[Cell]] = []
    for seed in SEEDS:
        for name, model in networks(seed):
            short, long = (picked(model, length) for length in TESTED)
            both = (cell for pair in zip(short, long, strict=True) for cell in pair)
            rows.append([name, seed, *both])
    columns = [f"{what}, {length}" for what in ("weight", "nats", "right") for length in TESTED]
    title = f"The weight of one key among {TESTED[0]} and among {TESTED[1]}, and the answer"
    return Table(title, ["softmax", "seed", *columns], rows, command, digits=3)
