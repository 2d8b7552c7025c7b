"""Chapter 03, query, key, value: rock, paper, scissors with five seeds for each set of matrices.

The game, the model and its training are the chapter's own, cell by cell.
"""

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional as F

from attnlib import Attended, attention
from course.measurements.table import Cell, Table

COMMAND = "python -m course.measurements 3"
PROJECTIONS = ("three", "one for query and key", "one for key and value", "none")
PLAYERS = ("rock", "scissors", "paper")
SEEDS = (0, 1, 2, 3, 4)
STEPS = 1000

Games = tuple[Int[Tensor, "B 3"], Int[Tensor, "B 3"], Int[Tensor, "B 3"]]


def measure() -> list[Table]:
    """How often each player is right, for each set of matrices and each seed."""
    rows: list[list[Cell]] = []
    for projections in PROJECTIONS:
        for seed in SEEDS:
            right = right_by_player(trained(projections, seed))
            rows.append([projections, seed, *right, sum(right) / len(right)])
    return [
        Table("Right answers", ["matrices", "seed", *PLAYERS, "all"], rows, COMMAND, percent=True)
    ]


def play(games: int, seed: int) -> Games:
    """Kinds (0 rock, 1 scissors, 2 paper), their digits, what to say."""
    source = torch.Generator().manual_seed(seed)
    kinds = torch.rand(games, 3, generator=source).argsort(dim=1)
    digits = torch.randint(10, (games, 3), generator=source)
    place = kinds.argsort(dim=1)  # where each kind stands
    beaten = place.gather(1, (kinds + 1) % 3)
    return kinds, digits, digits.gather(1, beaten)


class Player(nn.Module):
    """Three players look at one another; each says a digit."""

    def __init__(self, projections: str, size: int = 16) -> None:
        super().__init__()
        self.kind = nn.Embedding(3, size)
        self.digit = nn.Embedding(10, size)
        self.query: nn.Module = nn.Linear(size, size, bias=False)
        self.key: nn.Module = nn.Linear(size, size, bias=False)
        self.value: nn.Module = nn.Linear(size, size, bias=False)
        if projections == "one for query and key":
            self.key = self.query
        if projections == "one for key and value":
            self.value = self.key
        if projections == "none":
            self.query = self.key = self.value = nn.Identity()
        self.say = nn.Linear(size, 10)

    def forward(
        self, kinds: Int[Tensor, "B 3"], digits: Int[Tensor, "B 3"]
    ) -> tuple[Float[Tensor, "B 3 10"], Attended]:
        x = (self.kind(kinds) + self.digit(digits))[:, None]  # (B, 1, 3, E)
        seen = attention(self.query(x), self.key(x), self.value(x))
        return self.say(seen.output[:, 0]), seen


def trained(projections: str, seed: int, steps: int = STEPS) -> Player:
    """A player after its training."""
    torch.manual_seed(seed)
    model = Player(projections)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
    for step in range(steps):
        kinds, digits, answers = play(games=128, seed=step)
        said, _ = model(kinds, digits)
        loss = F.cross_entropy(said.flatten(0, 1), answers.flatten())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return model


@torch.no_grad()
def right_by_player(model: Player) -> list[float]:
    """The share of right answers of each player, on 5000 games that no training saw."""
    kinds, digits, answers = play(games=5000, seed=1_000_000)
    right = model(kinds, digits)[0].argmax(dim=-1) == answers
    return [float(right[kinds == kind].double().mean()) for kind in range(len(PLAYERS))]
