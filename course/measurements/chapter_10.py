"""Chapter 10, GPT: surprise at held-out text against counts, and induction before and after."""

from typing import cast

import torch
from torch import Tensor
from torch.nn import functional as F

from attnlib.inspect.induction import losses, periodic, repeated, scores
from attnlib.models.gpt import GPT
from course import checkpoints
from course.data import plays
from course.data.byte_pair import BytePairs
from course.language import ngrams, train_plays
from course.language.writer import Writer, load, perplexity
from course.measurements.table import Cell, Table
from course.measurements.temperatures import temperatures
from course.training import Recipe, train

COMMAND = "python -m course.measurements 10"
COUNTS = {1: "unigram", 2: "bigram", 3: "trigram", **{n: f"{n}-gram" for n in range(4, 8)}}
OF_PIECES = {2: "bigram of pieces", 3: "trigram of pieces", 4: "4-gram of pieces"}
WRITERS = {"gpt_characters": "GPT, characters", "gpt_pieces": "GPT, byte pairs"}
OTHERS = [("pieces", 550)]  # reads as much text as the GPT of characters; trained for a table only
WORDS = 64  # different tokens of the sequences that repeat
PERIODS = range(8, 25)
STEPS = 500


def measure() -> list[Table]:
    """Surprise, the same on equal text, temperatures, induction in the writers and alone."""
    learned = map(snapshots, WRITERS)
    return [held_out(), with_other_steps(), temperatures(COMMAND), *learned, copying()]


def held_out() -> Table:
    """Every model on the same text: the last tenth of each play."""
    text = plays.load()
    rows: list[list[Cell]] = []
    for name, kinds in (("gpt_characters", COUNTS), ("gpt_pieces", OF_PIECES)):
        tokenizer = load(name).tokenizer
        read, unread = (torch.tensor(tokenizer.encode(half)) for half in text)
        counts = ngrams.learn(read, words=len(tokenizer), order=max(kinds))
        length = len(text.held_out) / len(unread)  # characters per token
        for order, told in kinds.items():
            shorter = counts.shorter(order)
            nats = shorter.surprise(unread).mean().item()
            rows.append([told, shorter.entries, len(text.train) / 1e6, *_measures(nats, length)])
    for name, told in WRITERS.items():
        writer = load(name)
        length = len(text.held_out) / len(writer.tokenizer.encode(text.held_out))
        nats = writer.surprise(text.held_out) / len(text.held_out) * length
        kept = checkpoints.details(name)
        steps, parameters = kept["recipe"]["steps"], kept["parameters"]
        read_by_it = characters_read(writer.tokenizer, steps) / 1e6
        rows.append([told, parameters, read_by_it, *_measures(nats, length)])
    columns = ["model", "numbers", "read, millions", "nats/char.", "perplexity", "char./token"]
    return Table("Surprise at the last tenth of each play", columns, rows, COMMAND, digits=3)


def _measures(nats: float, length: float) -> list[Cell]:
    """From nats per token, and characters per token."""
    return [nats / length, perplexity(nats), length]


def characters_read(tokenizer: BytePairs, steps: int) -> float:
    """In training, all steps together; a piece is as long as it is on average in the plays."""
    train = plays.load().train
    per_token = len(train) / len(tokenizer.encode(train))
    return steps * train_plays.BATCH_SIZE * train_plays.CONTEXT * per_token


def with_other_steps() -> Table:
    """The chapter's GPTs, and one of pieces by the same recipe that has read as little."""
    text = plays.load()
    rows: list[list[Cell]] = []
    for name, told in WRITERS.items():
        kept, writer = checkpoints.details(name), load(name)
        nats = writer.surprise(text.held_out) / len(text.held_out)
        rows.append(_trained(told, writer.tokenizer, kept["recipe"]["steps"], nats))
    for kind, steps in OTHERS:
        job = train_plays.prepare(kind, train_plays.TASK.recipe(kind, steps=steps))
        train(job.model, job.loss, job.recipe, progress=False)
        checkpoints.round_weights(job.model)
        tokenizer = load(f"gpt_{kind}").tokenizer
        writer = Writer(cast(GPT, job.model), tokenizer, train_plays.CONTEXT)
        nats = writer.surprise(text.held_out) / len(text.held_out)
        rows.append(_trained(WRITERS[f"gpt_{kind}"], tokenizer, steps, nats))
    columns = ["model", "steps", "read, millions", "nats/char."]
    return Table("The GPTs by how much they have read", columns, rows, COMMAND, digits=3)


def _trained(told: str, tokenizer: BytePairs, steps: int, nats: float) -> list[Cell]:
    return [told, steps, characters_read(tokenizer, steps) / 1e6, nats]


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
