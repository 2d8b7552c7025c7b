"""Chapter 08, positions: six schemes trained on short texts and tested on long ones."""

from collections.abc import Sequence
from pathlib import Path
from statistics import fmean

import torch
from jaxtyping import Float
from torch import Tensor

from attnlib.masks import Causal, Window
from attnlib.models.position_schemes import SCHEMES
from course import checkpoints
from course.data.translation import Corpus, Pair, known, load
from course.data.vocabulary import PAD
from course.language import next_word, train_next_word
from course.language.next_word import NextWord, running_text, windows
from course.measurements.table import Cell, Table
from course.training import Task, fit
from course.translation import pretrained, train_positions
from course.translation.evaluation import exact_match
from course.translation.translator import Translator

COMMAND = "python -m course.measurements 8"
SCRATCH = checkpoints.CHECKPOINTS / "unfinished"  # of the models too large to keep in the course
LENGTHS = ((3, 5), (6, 8), (9, 12), (13, 16), (17, 20), (21, 24))
PLACES = ((1, 10), (11, 20), (21, 30), (31, 40), (41, 50), (51, 60))
SEEDS = range(5)  # of the readers; each translator was trained with seed 0 alone
WINDOWS = 400
BATCH_SIZE = 100


def measure() -> list[Table]:
    """Translators by length, readers by place. A model that is not stored is trained first.

    That takes a minute or two for a translator, ten seconds for a reader.
    """
    corpus = load()
    return [*translators(corpus), *readers(corpus)]


def translators(corpus: Corpus) -> list[Table]:
    """Whole sentences right, and next words right, by the length of the sentence."""
    groups = by_length(held_out(corpus))
    exact: list[list[Cell]] = []
    words: list[list[Cell]] = []
    for scheme in SCHEMES:
        translator = translator_of(scheme)
        exact.append([scheme, *(exact_match(translator, group) for group in groups)])
        words.append([scheme, *(words_right(translator, group) for group in groups)])
    columns = ["scheme", *(f"{low}-{high}" for low, high in LENGTHS)]
    by_words = f"by source words, trained to {train_positions.LONGEST}; one seed each"
    return [
        Table(f"Exact translations {by_words}", columns, exact, COMMAND, percent=True),
        Table(f"Next French words right {by_words}", columns, words, COMMAND, percent=True),
    ]


def readers(corpus: Corpus) -> list[Table]:
    """The loss by place: the mean of all seeds, each seed, and the same with a window to look at.

    The window is as long as the texts of training, so that far out no softmax has more keys to
    share than it ever had.
    """
    free: list[list[Cell]] = []
    kept: list[list[Cell]] = []
    for scheme in SCHEMES:
        for seed in SEEDS:
            reader = reader_of(scheme, seed)
            free.append([scheme, seed, *loss_by_place(reader, corpus)])
            reader.mask = Causal() & Window(train_next_word.WINDOW)
            kept.append([scheme, seed, *loss_by_place(reader, corpus)])
    title = f"Loss of the next English word by place, trained to {train_next_word.WINDOW}"
    within = f"{title}, each word looking at the last {train_next_word.WINDOW}"
    places = [f"{low}-{high}" for low, high in PLACES]
    mean = f"mean of {len(SEEDS)} seeds"
    return [
        Table(f"{title}; {mean}", ["scheme", *places], means(free), COMMAND),
        Table(f"{within}; {mean}", ["scheme", *places], means(kept), COMMAND),
        Table(f"{title}; each seed", ["scheme", "seed", *places], free, COMMAND),
        Table(f"{within}; each seed", ["scheme", "seed", *places], kept, COMMAND),
    ]


def means(rows: Sequence[Sequence[Cell]]) -> list[list[Cell]]:
    """One row per scheme, the mean over its seeds."""
    found: list[list[Cell]] = []
    for scheme in SCHEMES:
        losses = zip(*(row[2:] for row in rows if row[0] == scheme), strict=True)
        found.append([scheme, *(fmean(map(float, place)) for place in losses)])
    return found


def held_out(corpus: Corpus) -> list[Pair]:
    """Every second test sentence that has only words which the short sentences taught."""
    short = train_positions.short(corpus.train)
    source = set(known(pair.source for pair in short))
    target = set(known(pair.target for pair in short))
    return [
        pair
        for pair in corpus.test[::2]
        if source.issuperset(pair.source) and target.issuperset(pair.target)
    ]


def by_length(pairs: Sequence[Pair]) -> list[list[Pair]]:
    """The pairs of each of LENGTHS."""
    return [[pair for pair in pairs if low <= len(pair.source) <= high] for low, high in LENGTHS]


@torch.no_grad()
def words_right(translator: Translator, pairs: Sequence[Pair]) -> float:
    """The share of words, `<eos>` included, that are right given the true ones before them."""
    right = total = 0
    for first in range(0, len(pairs), BATCH_SIZE):
        some = pairs[first : first + BATCH_SIZE]
        source, lengths, target = translator.batch(
            [pair.source for pair in some], [pair.target for pair in some]
        )
        said = translator.model(source, lengths, target[:, :-1]).argmax(dim=-1)
        counts = target[:, 1:] != PAD
        right += int(((said == target[:, 1:]) & counts).sum())
        total += int(counts.sum())
    return right / total


def loss_by_place(reader: NextWord, corpus: Corpus) -> list[float]:
    """The held-out loss in nats, averaged over each of PLACES."""
    losses = losses_of(reader, corpus)
    return [float(losses[low - 1 : high].mean()) for low, high in PLACES]


@torch.no_grad()
def losses_of(reader: NextWord, corpus: Corpus) -> Float[Tensor, " T"]:
    """The loss at each place 1 … 60, averaged over windows of the test sentences."""
    text = running_text(corpus.test, corpus.source_vocabulary)
    pieces = windows(text, PLACES[-1][1], WINDOWS, seed=0)
    return torch.cat([reader.losses(piece) for piece in pieces.split(BATCH_SIZE)]).mean(dim=0)


def translator_of(scheme: str) -> Translator:
    """The stored translator of a scheme, or else one trained now."""
    name = f"positions_{scheme}"
    return pretrained.load(name, trained(name, train_positions.TASK, scheme))


def reader_of(scheme: str, seed: int = 0) -> NextWord:
    """The stored reader of a scheme, or else one trained now; those stored are of seed 0."""
    name = f"positions_next_word_{scheme}"
    return next_word.load(name, trained(name, train_next_word.TASK, scheme, seed))


def trained(name: str, task: Task, scheme: str, seed: int = 0) -> Path:
    """The folder that has the checkpoint; one that no folder has is trained now."""
    scratch = SCRATCH / f"seed_{seed}" if seed else SCRATCH
    for folder in (scratch,) if seed else (checkpoints.CHECKPOINTS, scratch):
        if name in checkpoints.names(folder=folder):
            return folder
    fit(task.prepare(scheme, task.recipe(scheme, seed=seed)), folder=scratch, progress=False)
    return scratch
