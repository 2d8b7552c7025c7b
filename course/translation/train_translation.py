"""English to French, with gold alignments: --model transformer"""

from argparse import ArgumentParser, Namespace
from pathlib import Path
from random import Random
from typing import Any

import torch

from course.checkpoints import CHECKPOINTS
from course.data.translation import Corpus, Pair, load
from course.training import Recipe, Saving, train
from course.training.tasks import account, add_run_arguments
from course.translation import pretrained
from course.translation.evaluation import exact_match, measure
from course.translation.recipes import KINDS
from course.translation.translator import Translator

LABEL_SMOOTHING = 0.1
BATCH_SIZE = 32
VALIDATED = 100  # sentences translated at each validation
VALIDATIONS = 8


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--model", choices=KINDS, required=True)
    parser.add_argument("--minutes", type=float, default=3.0, help="of a quiet processor")
    add_run_arguments(parser)


def run(chosen: Namespace) -> None:
    """What the command line asks for."""
    train_translator(
        chosen.model,
        load(),
        minutes=chosen.minutes,
        seed=chosen.seed,
        folder=chosen.out,
        resume=chosen.resume,
    )
    print(f"saved in {chosen.out}; python -m course.translation prints what it can do")


def train_translator(
    kind: str,
    corpus: Corpus,
    *,
    minutes: float | None = None,
    seed: int = 0,
    folder: Path = CHECKPOINTS,
    resume: bool = False,
    progress: bool = True,
) -> Translator:
    """Train, save the checkpoint `translation_<kind>` in `folder`, measure it as saved.

    `minutes`, by default the recipe's own, decide the number of steps from what a quiet processor
    manages: so the same minutes give the same model everywhere. ValueError for an unknown kind.
    """
    name = pretrained.name_of(kind)
    translator = untrained(kind, corpus, seed=seed)
    recipe = recipe_of(kind, minutes=minutes, seed=seed)
    batches = LengthBatches(corpus.train, seed=seed)
    some = corpus.valid[:: max(1, len(corpus.valid) // VALIDATED)]

    def validate() -> str:
        return f"exact on {len(some)} validation sentences: {exact_match(translator, some):.1%}"

    train(
        translator.model,
        lambda step: translator.loss(batches[step], label_smoothing=LABEL_SMOOTHING),
        recipe,
        validate=validate,
        validate_every=max(1, recipe.steps // VALIDATIONS),
        saving=Saving(folder / "unfinished" / name, resume=resume),
        progress=progress,
    )
    batch = {"batch_size": BATCH_SIZE, "label_smoothing": LABEL_SMOOTHING}
    details: dict[str, Any] = {"kind": kind, "sizes": KINDS[kind].sizes}
    details |= account(translator.model, recipe, **batch)
    pretrained.save(name, translator, details, folder)
    saved = pretrained.load(name, folder)  # its weights are rounded to 16 bits: measure those
    pretrained.save(name, saved, details | {"metrics": measure(saved, corpus)}, folder)
    return saved


def untrained(kind: str, corpus: Corpus, *, seed: int = 0) -> Translator:
    """A translator with the random weights of `seed`. Raises ValueError for an unknown kind."""
    if kind not in KINDS:
        raise ValueError(f"kind must be one of {', '.join(KINDS)}; got {kind!r}")
    torch.manual_seed(seed)
    words = corpus.source_vocabulary, corpus.target_vocabulary
    model = KINDS[kind].build(len(words[0]), len(words[1]), **KINDS[kind].sizes)
    return Translator(model, *words)


def recipe_of(kind: str, *, minutes: float | None = None, seed: int = 0) -> Recipe:
    """The kind's own learning rate, for as many steps as `minutes` allow."""
    minutes = KINDS[kind].minutes if minutes is None else minutes
    if minutes <= 0:
        raise ValueError(f"minutes must be positive, got {minutes}")
    steps = max(1, round(minutes * KINDS[kind].steps_a_minute))
    return Recipe(steps=steps, learning_rate=KINDS[kind].learning_rate, seed=seed)


class LengthBatches:
    """`batches[step]` is a batch of sentences of one source length, so that nothing is padding.

    Each pass over the data is shuffled anew, the same way for the same seed; what fills no whole
    batch of its length sits that pass out. Raises ValueError when no length fills a batch.
    """

    def __init__(self, pairs: list[Pair], *, size: int = BATCH_SIZE, seed: int = 0) -> None:
        self.by_length: dict[int, list[Pair]] = {}
        for pair in pairs:
            self.by_length.setdefault(len(pair.source), []).append(pair)
        self.size = size
        self.seed = seed
        self.each_pass = sum(len(group) // size for group in self.by_length.values())
        if self.each_pass == 0:
            raise ValueError(f"pairs has no {size} sentences of the same length: too few for size")
        self.current: tuple[int, list[list[Pair]]] = (-1, [])

    def __getitem__(self, step: int) -> list[Pair]:
        number, index = divmod(step, self.each_pass)
        if self.current[0] != number:
            self.current = (number, self._shuffled(number))
        return self.current[1][index]

    def _shuffled(self, number: int) -> list[list[Pair]]:
        random = Random(f"{self.seed} {number}")
        batches = []
        for group in self.by_length.values():
            whole = random.sample(group, len(group) // self.size * self.size)
            batches += [whole[i : i + self.size] for i in range(0, len(whole), self.size)]
        random.shuffle(batches)
        return batches
