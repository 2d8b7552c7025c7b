"""Readers of short windows of English, one per position scheme: --scheme rotary"""

import torch
from torch import Tensor

from attnlib.models.position_schemes import SCHEMES
from course.data.translation import Corpus, load
from course.language.next_word import SIZES, NextWord, running_text, windows
from course.training import Job, Recipe, Task

WINDOW = 20  # words in training; the test reads three times as far
RECIPE = Recipe(steps=800, learning_rate=3e-3)
BATCH_SIZE = 64


def prepare(scheme: str, recipe: Recipe, corpus: Corpus | None = None) -> Job:
    """The checkpoint `positions_next_word_<scheme>`; all but the scheme is the same for each.

    Raises ValueError for an unknown scheme.
    """
    corpus = load() if corpus is None else corpus
    torch.manual_seed(recipe.seed)
    model = NextWord(len(corpus.source_vocabulary), positions=scheme, **SIZES)
    text = running_text(corpus.train, corpus.source_vocabulary)
    held_out = windows(
        running_text(corpus.valid, corpus.source_vocabulary), WINDOW, BATCH_SIZE, seed=0
    )

    def loss(step: int) -> Tensor:
        return model.losses(windows(text, WINDOW, BATCH_SIZE, seed=recipe.seed_of(step))).mean()

    def validate() -> str:
        with torch.no_grad():
            return f"held out: {model.losses(held_out).mean():.3f} nats"

    return Job(
        name=f"positions_next_word_{scheme}",
        model=model,
        recipe=recipe,
        loss=loss,
        batch={"batch_size": BATCH_SIZE},
        details={"scheme": scheme, "sizes": SIZES, "window": WINDOW},
        validate=validate,
        validations=4,
    )


TASK = Task("scheme", dict.fromkeys(SCHEMES, RECIPE), prepare)
