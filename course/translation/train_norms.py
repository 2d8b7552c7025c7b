"""Post-norm and pre-norm at two learning rates, with and without warm-up: their loss curves"""

import json
from argparse import ArgumentParser, Namespace
from pathlib import Path
from statistics import fmean
from typing import Any, NamedTuple

import torch
from torch import nn

from attnlib.models.transformer import Transformer
from course.data.batches import LengthBatches
from course.data.translation import Corpus, load
from course.training import Recipe, train
from course.translation.translator import Translator

STORED = Path(__file__).parent.parent / "measurements" / "norm_losses.json"
SIZES: dict[str, Any] = {"size": 64, "heads": 4, "layers": 6, "hidden": 128, "dropout_p": 0.0}
LONGEST = 8  # source words: short sentences, so that a deep stack is quickly trained
STEPS = 500
MEAN_OF = 20  # steps whose losses are stored as one number


class Run(NamedTuple):
    """One training: where the norm stands, the largest learning rate, the steps of warm-up."""

    norm: str
    rate: float
    warmup: int


LOW, HIGH = 5e-4, 3e-3
RUNS = (
    Run("post", LOW, 0),
    Run("pre", LOW, 0),
    Run("post", HIGH, 0),
    Run("pre", HIGH, 0),
    Run("post", HIGH, 200),
)


class Norms:
    """The command: all five runs, whose losses are stored; no checkpoint is made."""

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--steps", type=int, default=STEPS, help="of each run")
        parser.add_argument("--out", type=Path, default=STORED, help="the json file")
        parser.add_argument("--force", action="store_true", help="replace the file")

    def run(self, chosen: Namespace) -> None:
        if chosen.out.exists() and not chosen.force:
            raise ValueError(f"{chosen.out} is there already: --force replaces it")
        corpus = load()
        runs = [one._asdict() | {"losses": losses(one, corpus, chosen.steps)} for one in RUNS]
        told = {"steps": chosen.steps, "mean_of": MEAN_OF, "longest": LONGEST} | SIZES
        lines = ",\n".join(json.dumps(one) for one in runs)
        chosen.out.write_text(f'{json.dumps(told)[:-1]}, "runs": [\n{lines}\n]}}\n')
        print(f"saved in {chosen.out}")


TASK = Norms()


def stored(path: Path = STORED) -> dict[str, Any]:
    """The sizes, and under "runs" each run with its losses, a mean of `mean_of` steps at a time."""
    told: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return told


def losses(run: Run, corpus: Corpus, steps: int = STEPS, *, progress: bool = True) -> list[float]:
    """The losses in nats per word, the mean of 20 steps at a time.

    Raises ValueError when `run.norm` is neither post nor pre.
    """
    translator = untrained(run.norm, corpus)
    short = [pair for pair in corpus.train if len(pair.source) <= LONGEST]
    batches = LengthBatches(short)
    recipe = Recipe(steps, run.rate, warmup=run.warmup)
    each = train(
        translator.model, lambda step: translator.loss(batches[step]), recipe, progress=progress
    )
    return [round(fmean(each[at : at + MEAN_OF]), 3) for at in range(0, steps, MEAN_OF)]


def untrained(norm: str, corpus: Corpus, *, seed: int = 0) -> Translator:
    """Six layers whose matrices are drawn as in Xiong et al., 2020 (Xavier), biases 0."""
    if norm not in ("post", "pre"):
        raise ValueError(f"norm must be post or pre, got {norm!r}")
    torch.manual_seed(seed)
    words = corpus.source_vocabulary, corpus.target_vocabulary
    model = Transformer(len(words[0]), len(words[1]), pre_norm=norm == "pre", **SIZES)
    for module in model.modules():
        if isinstance(module, nn.Linear):
            nn.init.xavier_uniform_(module.weight)
            nn.init.zeros_(module.bias)
    return Translator(model, *words)
