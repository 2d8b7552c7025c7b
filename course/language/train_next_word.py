"""Readers of short windows of English, one per position scheme: --scheme rotary"""

from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import Any

import torch

from attnlib.models.position_schemes import SCHEMES
from course import checkpoints
from course.data.translation import Corpus, load
from course.language.next_word import NextWord, running_text, windows
from course.training import Recipe, Saving, train
from course.training.loop import SEED_STRIDE
from course.training.tasks import account, add_run_arguments

WINDOW = 20  # words in training; the test reads three times as far
SIZES: dict[str, Any] = {"size": 64, "heads": 4, "layers": 2, "hidden": 128}
RECIPE = Recipe(steps=800, learning_rate=3e-3)
BATCH_SIZE = 64


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--scheme", choices=SCHEMES, required=True)
    parser.add_argument("--steps", type=int, default=RECIPE.steps)
    add_run_arguments(parser)


def run(chosen: Namespace) -> None:
    """What the command line asks for."""
    recipe = Recipe(chosen.steps, RECIPE.learning_rate, seed=chosen.seed)
    train_next_word(chosen.scheme, load(), recipe, folder=chosen.out, resume=chosen.resume)
    print(f"saved {name_of(chosen.scheme)} in {chosen.out}")


def train_next_word(
    scheme: str,
    corpus: Corpus,
    recipe: Recipe = RECIPE,
    *,
    folder: Path = checkpoints.CHECKPOINTS,
    resume: bool = False,
    progress: bool = True,
) -> NextWord:
    """Train one scheme on windows of WINDOW words; saved as `positions_next_word_<scheme>`.

    All else is the same for every scheme. Raises ValueError for an unknown scheme.
    """
    torch.manual_seed(recipe.seed)
    model = untrained(scheme, corpus)
    text = running_text(corpus.train, corpus.source_vocabulary)
    held_out = windows(
        running_text(corpus.valid, corpus.source_vocabulary), WINDOW, BATCH_SIZE, seed=0
    )

    def loss(step: int) -> torch.Tensor:
        seed = recipe.seed * SEED_STRIDE + step
        return model.losses(windows(text, WINDOW, BATCH_SIZE, seed=seed)).mean()

    def validate() -> str:
        with torch.no_grad():
            return f"held out: {model.losses(held_out).mean():.3f} nats"

    name = name_of(scheme)
    train(
        model,
        loss,
        recipe,
        validate=validate,
        validate_every=max(1, recipe.steps // 4),
        saving=Saving(folder / "unfinished" / name, resume=resume),
        progress=progress,
    )
    told = {"scheme": scheme, "sizes": SIZES, "window": WINDOW}
    checkpoints.write(name, model, told | account(model, recipe, batch_size=BATCH_SIZE), folder)
    return load_next_word(scheme, corpus, folder)


def load_next_word(scheme: str, corpus: Corpus, folder: Path = checkpoints.CHECKPOINTS) -> NextWord:
    """The stored reader of a scheme. Raises ValueError when there is none."""
    return checkpoints.read(name_of(scheme), untrained(scheme, corpus), folder)


def untrained(scheme: str, corpus: Corpus) -> NextWord:
    """A reader of that scheme with random weights."""
    return NextWord(len(corpus.source_vocabulary), positions=scheme, **SIZES)


def name_of(scheme: str) -> str:
    """The checkpoint of a scheme."""
    return f"positions_next_word_{scheme}"
