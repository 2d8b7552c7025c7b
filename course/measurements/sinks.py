"""Sinks: where a layer that mostly has nothing to look for puts its weight (chapter 16).

    ⊢ k c a ! c e b k ! b a …

A word follows from the one before by a table of chances, so that looking further back is no use;
but behind a trigger (!) comes the word before the trigger again (the task of Guo et al., 2024). One
layer with one head learns it. The networks differ in one thing: where weight may go for nothing.
"""

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn

from attnlib import record_attention
from attnlib.attend import Attend
from attnlib.heads import GatedAttention, MultiHeadAttention, Registers
from attnlib.masks import Causal, Mask, streaming
from attnlib.normalizers import LearnedSink, Normalizer, softmax
from attnlib.positions import BucketedBias
from course.measurements.table import Cell, Table
from course.training.loop import train
from course.training.recipe import Recipe

WORDS, TRIGGERS = 32, 2  # the last words are the triggers
BEGIN = WORDS  # ⊢, in front of every text
LENGTH, WINDOW = 64, 16
SIZE = 32
STEPS, BATCH, RATE, WARM_UP = 600, 16, 1e-2, 40
SEEDS = range(5)
HELD_OUT, TEXTS = 1_000_000_000, 64  # a seed far from those of the steps
KINDS = ("softmax", "a gate", "a learned sink", "a register")
SIGHTS = {  # how many of the first words stay in sight, and how many of the last
    "everything": (0, LENGTH),
    f"window of {WINDOW}": (0, WINDOW),
    f"first + {WINDOW - 1}": (1, WINDOW - 1),
}


def write(texts: int, seed: int) -> Int[Tensor, "B T+1"]:
    """Texts of the task, one token longer than what a network reads."""
    table = 2 * torch.randn(WORDS, WORDS, generator=torch.Generator().manual_seed(0))
    up_to = table.softmax(dim=1).cumsum(dim=1)[:, :-1]
    source = torch.Generator().manual_seed(seed)
    drawn = torch.rand(LENGTH + 1, texts, 1, generator=source)
    first = torch.randint(WORDS - TRIGGERS, (texts,), generator=source)
    words = [torch.full_like(first, BEGIN), first]
    for chance in drawn[2:]:
        follower = (up_to[words[-1]] < chance).sum(dim=1)
        words.append(torch.where(is_trigger(words[-1]), words[-2], follower))
    return torch.stack(words, dim=1)


def is_trigger(tokens: Int[Tensor, "*N"]) -> Tensor:
    return (tokens >= WORDS - TRIGGERS) & (tokens < WORDS)


class Layer(nn.Module):
    """x + attention, whose scores know the distance, to those whom `sight` lets be seen."""

    def __init__(self, kind: str) -> None:
        super().__init__()
        self.norm = nn.RMSNorm(SIZE)
        self.near = BucketedBias(1, buckets=8, longest=WINDOW, causal=True)
        normalize: Normalizer = LearnedSink(1) if kind == "a learned sink" else softmax
        make = GatedAttention if kind == "a gate" else MultiHeadAttention
        self.attention = make(SIZE, 1, attend=Attend(normalize=normalize), projection_bias=False)
        self.sight: Mask = Causal()

    def forward(self, x: Float[Tensor, "B T E"]) -> Float[Tensor, "B T E"]:
        bias = self.near(x.shape[1], x.shape[1])
        mixed: Tensor = self.attention(self.norm(x), mask=self.sight, bias=bias)
        return x + mixed


class Reader(nn.Module):
    """One layer, and the logits of the next word. A register stands in front of ⊢."""

    def __init__(self, kind: str) -> None:
        super().__init__()
        self.token = nn.Embedding(WORDS + 1, SIZE)
        self.layer = Layer(kind)
        self.registers = 1 if kind == "a register" else 0
        self.read = Registers(self.layer, SIZE, count=1) if self.registers else self.layer
        self.say = nn.Sequential(nn.RMSNorm(SIZE), nn.Linear(SIZE, WORDS))

    def forward(self, tokens: Int[Tensor, "B T"]) -> Float[Tensor, "B T V"]:
        logits: Tensor = self.say(self.read(self.token(tokens)))
        return logits

    def see(self, kept: int, width: int) -> None:
        """Let every word see the first few and the last few; a register always stays in sight."""
        self.layer.sight = streaming(kept + self.registers, width)


def trained(kind: str, seed: int, *, steps: int = STEPS) -> Reader:
    """A network trained on texts that never repeat, looking at everything."""
    torch.manual_seed(seed)
    model = Reader(kind)
    recipe = Recipe(steps=steps, learning_rate=RATE, warmup=WARM_UP, seed=seed)
    texts = write(steps * BATCH, seed).split(BATCH)

    def loss(step: int) -> Tensor:
        text = texts[step]
        return F.cross_entropy(model(text[:, :-1]).mT, text[:, 1:])

    train(model, loss, recipe, progress=False)
    return model


@torch.no_grad()
def told(model: Reader, text: Int[Tensor, "B T+1"]) -> list[Cell]:
    """What the first word draws; its value's length, over the others'; nats, and nats more."""
    asleep = ~is_trigger(text[:, WINDOW:-1])
    with record_attention(model) as seen:
        model(text[:, :-1])
    (looked,) = seen.values()
    first = model.registers
    weights = looked.weights[:, 0, first + WINDOW :]  # (B, words, keys)
    on_first = weights[..., first]
    spared = (1 - weights[..., first:].sum(dim=-1)).clamp(min=0)
    lengths = looked.value[:, 0, first:].norm(dim=-1)
    cells = [
        on_first[asleep].mean(),
        on_first[~asleep].mean(),
        spared[asleep].mean(),
        lengths[:, 0].mean() / lengths[:, 1:].mean(),
    ]
    for sight in SIGHTS.values():
        model.see(*sight)
        missed = F.cross_entropy(model(text[:, :-1]).mT, text[:, 1:], reduction="none")
        cells.append(missed[:, WINDOW:].mean())
    model.see(*SIGHTS["everything"])
    *shares, everything, window, kept = (round(cell.item(), 4) for cell in cells)
    return [*shares, everything, round(window - everything, 4), round(kept - everything, 4)]


def sinks(command: str) -> Table:
    """Twenty small networks, about two minutes of one quiet core."""
    text = write(TEXTS, HELD_OUT)
    rows: list[list[Cell]] = [
        [kind, seed, *told(trained(kind, seed), text)] for kind in KINDS for seed in SEEDS
    ]
    shares = ["on the first", "at triggers", "to no word", "its value"]
    columns = ["layer", "seed", *shares, *SIGHTS]
    title = f"Sinks of one trained layer, {LENGTH} tokens: weights; nats, and how many more"
    return Table(title, columns, rows, command, digits=3)
