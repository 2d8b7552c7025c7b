"""Chapter 11's two small networks, trained from five seeds each."""

from statistics import fmean

from attnlib.models.masked_words import MaskedWords
from course.checkpoints import round_weights
from course.data.translation import load
from course.data.vocabulary import Vocabulary
from course.measurements.table import Cell, Table
from course.reading import blanks
from course.reading.train_masked_words import TASK, prepare
from course.training import train

KINDS = {"only back": "causal", "both ways": "both-ways"}
SEEDS = 5


def found(kind: str, seed: int) -> float:
    """The share of hidden words that such a network finds, each test word hidden in turn."""
    job = prepare(kind, TASK.recipe(kind, seed=seed))
    train(job.model, job.loss, job.recipe, progress=False)
    round_weights(job.model)  # as it is stored
    model = job.model.eval()
    assert isinstance(model, MaskedWords)
    reader = blanks.Reader(model, Vocabulary(job.details["words"]))
    return blanks.accuracy(reader, [pair.source for pair in load().test])


def masked_seeds(command: str) -> Table:
    """Hidden words found, the mean, least and most of five seeds: about 25 minutes of one core."""
    rows: list[list[Cell]] = []
    for told, kind in KINDS.items():
        shares = [found(kind, seed) for seed in range(SEEDS)]
        rows.append([f"network looking {told}", fmean(shares), min(shares), max(shares)])
    title = "Hidden word found, five seeds"
    return Table(title, ["network", "mean", "lowest", "highest"], rows, command, percent=True)
