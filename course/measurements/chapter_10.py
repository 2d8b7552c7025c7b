"""Chapter 10, GPT: surprise at held-out text against counts, and induction before and after."""

import math

import torch
from torch import Tensor
from torch.nn import functional as F

from attnlib.inspect.induction import losses, periodic, repeated, scores
from attnlib.models.gpt import GPT
from course import checkpoints
from course.data import plays
from course.language.ngrams import ngram, surprise
from course.language.writer import load, perplexity
from course.measurements.table import Cell, Table
from course.training import Recipe, train

COMMAND = "python -m course.measurements 10"
COUNTS = {1: "unigram", 2: "bigram", 3: "trigram", 4: "4-gram"}
WRITERS = {"gpt_characters": "GPT, characters", "gpt_pieces": "GPT, byte pairs"}
WORDS = 64  # different tokens of the sequences that repeat
PERIODS = range(8, 25)
STEPS = 500


def measure() -> list[Table]:
    """Both kinds of tables."""
    return [held_out(), *(snapshots(name) for name in WRITERS), copying()]


def held_out() -> Table:
    """Every model on the same text: the last tenth of each play."""
    text = plays.load()
    tokenizer = load("gpt_characters").tokenizer
    read, unread = (torch.tensor(tokenizer.encode(half)) for half in text)
    rows: list[list[Cell]] = []
    for order, name in COUNTS.items():
        nats = surprise(unread, ngram(read, len(tokenizer), order)).mean().item()
        rows.append([name, nats, nats / math.log(2), perplexity(nats), 1.0])
    for checkpoint_name, name in WRITERS.items():
        writer = load(checkpoint_name)
        whole, pieces = writer.surprise(text.held_out), len(writer.tokenizer.encode(text.held_out))
        nats = whole / len(text.held_out)
        rows.append(
            [name, nats, nats / math.log(2), perplexity(whole / pieces),
             len(text.held_out) / pieces]
        )  # fmt: skip
    columns = ["model", "nats/character", "bits/character", "perplexity/token", "characters/token"]
    return Table("Surprise at the last tenth of each play", columns, rows, COMMAND, digits=3)


def snapshots(name: str) -> Table:
    """Induction on random tokens that come twice, as stored while the writer learned."""
    rows: list[list[Cell]] = [
        [shot["step"], shot["once"], shot["again"], max(max(layer) for layer in shot["heads"])]
        for shot in checkpoints.details(name)["induction"]
    ]
    columns = ["step", "loss, first time", "loss, second time", "best head's score"]
    return Table(f"{name}: induction on random tokens", columns, rows, COMMAND, digits=3)


def copying() -> Table:
    """Induction in one layer and in two, trained on sequences of different periods."""
    rows = [[layers, *row] for layers in (1, 2) for row in grown(layers)]
    columns = ["layers", "step", "loss, first time", "loss, second time", "best head's score"]
    return Table("Induction in one layer and in two", columns, rows, COMMAND)


def grown(layers: int) -> list[list[Cell]]:
    """Step, both losses and the best score, before training and five times during it."""
    torch.manual_seed(0)
    model = GPT(WORDS, size=64, heads=2, hidden=64, layers=layers, rotary=True, dropout_p=0.0)
    test = repeated(WORDS, 20, batch=32, seed=1)
    rows: list[list[Cell]] = []

    def loss(step: int) -> Tensor:
        tokens = periodic(WORDS, 48, periods=PERIODS, batch=32, seed=step)
        return F.cross_entropy(model(tokens[:, :-1]).mT, tokens[:, 1:])

    def note() -> str:
        best = scores(model, test).max().item()
        rows.append([len(rows) * STEPS // 5, *losses(model, test), best])
        return f"best score {best:.2f}"

    note()
    recipe = Recipe(STEPS, 5e-3, optimizer="muon")
    train(model, loss, recipe, validate=note, validate_every=STEPS // 5, progress=False)
    return rows
