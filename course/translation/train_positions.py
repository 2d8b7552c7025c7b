"""Translators trained on short sentences, one per position scheme: --scheme rotary"""

from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import Any

import torch

from attnlib.models.position_schemes import SCHEMES
from attnlib.models.transformer import Transformer
from course import checkpoints
from course.data.translation import Corpus, Pair, load
from course.training import Recipe, Saving, train
from course.training.tasks import account, add_run_arguments
from course.translation.evaluation import exact_match
from course.translation.train_translation import (
    BATCH_SIZE,
    LABEL_SMOOTHING,
    LengthBatches,
)
from course.translation.translator import Translator

LONGEST = 8  # source words in training; the corpus has test sentences of three times that
SIZES: dict[str, Any] = {"size": 64, "heads": 4, "layers": 2, "hidden": 128, "dropout_p": 0.1}
RECIPE = Recipe(steps=5000, learning_rate=2e-3)
VALIDATED = 200  # short sentences translated at each validation


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--scheme", choices=SCHEMES, required=True)
    parser.add_argument("--steps", type=int, default=RECIPE.steps)
    add_run_arguments(parser)


def run(chosen: Namespace) -> None:
    """What the command line asks for."""
    recipe = Recipe(chosen.steps, RECIPE.learning_rate, seed=chosen.seed)
    train_positions(chosen.scheme, load(), recipe, folder=chosen.out, resume=chosen.resume)
    print(f"saved {name_of(chosen.scheme)} in {chosen.out}")


def train_positions(
    scheme: str,
    corpus: Corpus,
    recipe: Recipe = RECIPE,
    *,
    folder: Path = checkpoints.CHECKPOINTS,
    resume: bool = False,
    progress: bool = True,
) -> Translator:
    """Train one scheme on the short sentences and save it as `positions_<scheme>` in `folder`.

    All else is the same for every scheme. Raises ValueError for an unknown scheme.
    """
    torch.manual_seed(recipe.seed)
    translator = untrained(scheme, corpus)
    batches = LengthBatches(short(corpus.train), seed=recipe.seed)
    some = short(corpus.valid)[:VALIDATED]
    name = name_of(scheme)
    train(
        translator.model,
        lambda step: translator.loss(batches[step], label_smoothing=LABEL_SMOOTHING),
        recipe,
        validate=lambda: (
            f"exact on short validation sentences: {exact_match(translator, some):.1%}"
        ),
        validate_every=max(1, recipe.steps // 5),
        saving=Saving(folder / "unfinished" / name, resume=resume),
        progress=progress,
    )
    checkpoints.write(name, translator.model, told(scheme, translator, recipe), folder)
    return load_positions(scheme, corpus, folder)


def load_positions(
    scheme: str, corpus: Corpus, folder: Path = checkpoints.CHECKPOINTS
) -> Translator:
    """The stored translator of a scheme. Raises ValueError when there is none."""
    blank = untrained(scheme, corpus)
    model = checkpoints.read(name_of(scheme), blank.model, folder)
    return Translator(model, corpus.source_vocabulary, corpus.target_vocabulary)


def untrained(scheme: str, corpus: Corpus) -> Translator:
    """A translator of that scheme with random weights."""
    words = corpus.source_vocabulary, corpus.target_vocabulary
    model = Transformer(len(words[0]), len(words[1]), positions=scheme, **SIZES)
    return Translator(model, *words)


def short(pairs: list[Pair]) -> list[Pair]:
    """Those of at most LONGEST source words."""
    return [pair for pair in pairs if len(pair.source) <= LONGEST]


def name_of(scheme: str) -> str:
    """The checkpoint of a scheme."""
    return f"positions_{scheme}"


def told(scheme: str, translator: Translator, recipe: Recipe) -> dict[str, Any]:
    """What the json beside the weights says."""
    details = {"scheme": scheme, "sizes": SIZES, "longest_source": LONGEST}
    batches = {"batch_size": BATCH_SIZE, "label_smoothing": LABEL_SMOOTHING}
    return details | account(translator.model, recipe, **batches)
