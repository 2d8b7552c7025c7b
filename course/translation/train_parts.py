"""The Transformer with one part missing, shallow and deep, five seeds each"""

import json
from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from attnlib.models.transformer import Residual, Transformer
from course.data.batches import LengthBatches
from course.data.translation import Corpus, load
from course.training import Recipe, train
from course.translation.evaluation import exact_match
from course.translation.translator import Translator

STORED = Path(__file__).parent.parent / "measurements" / "missing_parts.json"
SIZES: dict[str, Any] = {"size": 64, "heads": 4, "hidden": 128}  # those of chapter 09's student
LONGEST = 6  # source words
STEPS, RATE, WARMUP, BATCH_SIZE = 400, 4e-3, 100, 64
FIRST = "nothing, norm first"
MISSING = ("nothing", FIRST, "feed-forward", "norm", "residual", "all but attention")
LAYERS = (2, 6)
SEEDS = range(5)


class Run(NamedTuple):
    """One training: which part is missing, how many layers on each side, which seed."""

    missing: str
    layers: int
    seed: int


RUNS = tuple(
    Run(missing, layers, seed) for layers in LAYERS for seed in SEEDS for missing in MISSING
)


class Skip(nn.Module):
    """x alone: in place of a `Residual`, it leaves the sublayer out."""

    def forward(self, x: Tensor, sublayer: Callable[[Tensor], Tensor]) -> Tensor:
        return x


class Replace(nn.Module):
    """norm(dropout(sublayer(x))): what was found takes the place of x."""

    def __init__(self, residual: Residual) -> None:
        super().__init__()
        self.norm, self.dropout = residual.norm, residual.dropout

    def forward(self, x: Tensor, sublayer: Callable[[Tensor], Tensor]) -> Tensor:
        replaced: Tensor = self.norm(self.dropout(sublayer(x)))
        return replaced


def untrained(run: Run, corpus: Corpus) -> Translator:
    """The student of chapter 09 without the part. Raises ValueError for an unknown one."""
    if run.missing not in MISSING:
        raise ValueError(f"missing must be one of {', '.join(MISSING)}; got {run.missing!r}")
    torch.manual_seed(run.seed)
    words = corpus.source_vocabulary, corpus.target_vocabulary
    settings = SIZES | {"layers": run.layers, "pre_norm": run.missing == FIRST}
    model = Transformer(len(words[0]), len(words[1]), **settings)
    alone = run.missing == "all but attention"
    for layer in (*model.encoder, *model.decoder):
        for name, part in list(layer.named_children()):
            if not isinstance(part, Residual):
                continue
            if alone or run.missing == "norm":
                part.norm = nn.Identity()  # type: ignore[assignment]
            if name == "feed_forward_residual" and (alone or run.missing == "feed-forward"):
                setattr(layer, name, Skip())
            elif alone or run.missing == "residual":
                setattr(layer, name, Replace(part))
    return Translator(model, *words)


def exact(run: Run, corpus: Corpus, steps: int = STEPS, *, progress: bool = True) -> float:
    """Train it on the short sentences; the share of held-out short ones translated exactly."""
    translator = untrained(run, corpus)
    short = [pair for pair in corpus.train if len(pair.source) <= LONGEST]
    batches = LengthBatches(short, size=BATCH_SIZE, seed=run.seed)
    train(
        translator.model,
        lambda step: translator.loss(batches[step], label_smoothing=0.1),
        Recipe(steps, RATE, warmup=min(WARMUP, steps), seed=run.seed),
        progress=progress,
    )
    return exact_match(translator, [pair for pair in corpus.test if len(pair.source) <= LONGEST])


class Parts:
    """The command: trains every run that the file does not have yet; no checkpoint is made."""

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--out", type=Path, default=STORED, help="the json file")
        parser.add_argument("--layers", type=int, nargs="*", default=LAYERS, help="of the runs")
        parser.add_argument("--force", action="store_true", help="train anew what the file has")

    def run(self, chosen: Namespace) -> None:
        found = {} if chosen.force or not chosen.out.exists() else stored(chosen.out)
        corpus = load()
        for run in RUNS:
            if run.layers in chosen.layers and run not in found:
                found[run] = exact(run, corpus)
                keep(found, chosen.out)
        print(f"saved in {chosen.out}")


TASK = Parts()


def keep(found: dict[Run, float], path: Path) -> None:
    """Write the runs and the share of exact translations of each, one per line."""
    lines = [json.dumps(run._asdict() | {"exact": share}) for run, share in sorted(found.items())]
    path.write_text("[\n" + ",\n".join(lines) + "\n]\n")


def stored(path: Path = STORED) -> dict[Run, float]:
    """Each run's share of held-out short sentences translated exactly."""
    told = json.loads(path.read_text())
    return {Run(one["missing"], one["layers"], one["seed"]): one["exact"] for one in told}
