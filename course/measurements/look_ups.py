"""Three look-ups at once, by one head and by several: the task that opens chapter 07.

A text is eight numbers below KINDS. From place 3 on three numbers are to be said: the first of the
text, the one before this place, and the one before that.
"""

from statistics import fmean

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn

from attnlib import MultiHeadAttention
from attnlib.masks import Causal
from course.measurements.table import Cell, Table

COMMAND = "python -m course.measurements 7"
KINDS, LENGTH, SIZE = 64, 8, 32
LOOK_UPS = ("first", "previous", "the one before")
FIRST_ASKED = 3  # from here on the three are three different places
STEPS, BATCH_SIZE, RATE = 800, 64, 5e-3
SEEDS = range(5)
HEADS, MANY_HEADS = (1, 4), (8, 16)
HIDDEN = 128  # of the network that reads one head's blend, where the matrix is not to do it
LONGER = 5 * STEPS
HELD_OUT = 1_000_000  # a seed far from those of the steps


def write(texts: int, seed: int) -> tuple[Int[Tensor, "B T"], Int[Tensor, "B asked 3"]]:
    """Random texts, and for places 3 to 7 the three numbers to say."""
    source = torch.Generator().manual_seed(seed)
    numbers = torch.randint(KINDS, (texts, LENGTH), generator=source)
    first = numbers[:, :1].expand(-1, LENGTH - FIRST_ASKED)
    return numbers, torch.stack((first, numbers[:, 2:-1], numbers[:, 1:-2]), dim=-1)


class Reporter(nn.Module):
    """Embeddings of number and place, one causal self-attention, and a matrix per answer.

    With `hidden` a network with so many hidden numbers reads the answers instead of the matrices.
    """

    def __init__(
        self, heads: int, size: int = SIZE, scale: float | None = None, hidden: int | None = None
    ) -> None:
        super().__init__()
        self.number = nn.Embedding(KINDS, size)
        self.place = nn.Embedding(LENGTH, size)
        self.attention = MultiHeadAttention(size, heads)
        self.attention.attend.scale = scale
        self.say: nn.Module = nn.Linear(size, 3 * KINDS)
        if hidden is not None:
            up, down = nn.Linear(size, hidden), nn.Linear(hidden, 3 * KINDS)
            self.say = nn.Sequential(up, nn.ReLU(), down)

    def forward(self, numbers: Int[Tensor, "B T"]) -> Float[Tensor, "B asked 3 V"]:
        x = self.number(numbers) + self.place.weight
        found = self.attention(x, mask=Causal())
        return self.say(found[:, FIRST_ASKED:]).unflatten(-1, (3, KINDS))


def train(model: Reporter, steps: int = STEPS) -> Reporter:
    """Train in place on texts that never repeat."""
    optimizer = torch.optim.Adam(model.parameters(), lr=RATE)
    for step in range(steps):
        numbers, answers = write(BATCH_SIZE, seed=step)
        loss = F.cross_entropy(model(numbers).flatten(0, 2), answers.flatten())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return model.eval()


@torch.no_grad()
def right(model: Reporter) -> list[float]:
    """The share of held-out places where each of the LOOK_UPS is right."""
    numbers, answers = write(2000, seed=HELD_OUT)
    said = model(numbers).argmax(dim=-1)
    return (said == answers).double().mean(dim=(0, 1)).tolist()


def of_seed(heads: int, seed: int, scale: float | None = None) -> Reporter:
    """A trained reporter; `scale` multiplies its scores, by default 1 / √D."""
    torch.manual_seed(seed)
    return train(Reporter(heads, scale=scale))


def by_heads() -> Table:
    """One head and four, one row per seed."""
    rows: list[list[Cell]] = [
        [heads, seed, *right(of_seed(heads, seed))] for heads in HEADS for seed in SEEDS
    ]
    title = f"Three look-ups, right in held-out texts: E = {SIZE}, {STEPS} steps"
    return Table(title, ["heads", "seed", *LOOK_UPS], rows, COMMAND, percent=True, digits=1)


def by_reader() -> Table:
    """One head, its blend read by a network, after STEPS steps and after five times as many."""
    rows: list[list[Cell]] = []
    for steps in (STEPS, LONGER):
        for seed in SEEDS:
            torch.manual_seed(seed)
            reporter = train(Reporter(1, hidden=HIDDEN), steps)
            rows.append([steps, seed, *right(reporter)])
    title = f"One head, read by a network of {HIDDEN} hidden numbers: right in held-out texts"
    return Table(title, ["steps", "seed", *LOOK_UPS], rows, COMMAND, percent=True, digits=1)


def by_scale() -> Table:
    """Many heads trained with √D and with √E, and the first run with √E: worst and best seed."""
    whole = SIZE**-0.5
    rows: list[list[Cell]] = []
    for heads in MANY_HEADS:
        own = [of_seed(heads, seed) for seed in SEEDS]
        rows.append([heads, "√D", "√D", *_ends(own)])
        for reporter in own:
            reporter.attention.attend.scale = whole
        rows.append([heads, "√D", "√E", *_ends(own)])
        rows.append([heads, "√E", "√E", *_ends([of_seed(heads, s, whole) for s in SEEDS])])
    columns = ["heads", "trained with", "run with", "worst seed", "best seed"]
    title = f"Look-ups right, of three: E = {SIZE}, worst and best of {len(SEEDS)} seeds"
    return Table(title, columns, rows, COMMAND, percent=True)


def _ends(reporters: list[Reporter]) -> tuple[float, float]:
    """The lowest and highest mean of the three shares."""
    shares = [fmean(right(reporter)) for reporter in reporters]
    return min(shares), max(shares)
