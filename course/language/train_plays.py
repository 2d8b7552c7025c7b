"""A GPT that learns to write plays: --model characters, or pieces"""

from argparse import ArgumentParser, Namespace
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Int
from torch import Tensor
from torch.nn import functional as F

from attnlib.inspect.induction import losses, repeated, scores
from attnlib.models.gpt import GPT
from course import checkpoints
from course.data import plays
from course.data.byte_pair import learn
from course.language.writer import Writer, load_writer
from course.training import Recipe, train
from course.training.tasks import account, add_run_arguments

CONTEXT = 128  # tokens that the model looks back on
BATCH_SIZE = 16
VALIDATED = 20_000  # characters read at each validation
VALIDATIONS = 8
SEEN = 16  # random sequences on which induction is measured


@dataclass(frozen=True)
class Kind:
    """`merges` of its tokenizer, sizes of its GPT, and steps: one quiet processor's `minutes`."""

    merges: int
    sizes: dict[str, Any]
    steps: int
    minutes: float
    learning_rate: float = 3e-3


SIZES = {"size": 80, "heads": 4, "layers": 4, "longest": 1024, "rotary": True, "dropout_p": 0.0}
KINDS = {
    "characters": Kind(0, SIZES, 1400, 3.0),
    "pieces": Kind(1000, SIZES, 4000, 9.0),
}


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--model", choices=KINDS, required=True)
    parser.add_argument("--steps", type=int, help="by default those of the checkpoint")
    add_run_arguments(parser, resume=False)


def run(chosen: Namespace) -> None:
    """What the command line asks for."""
    train_writer(
        chosen.model,
        plays.load(),
        steps=chosen.steps,
        seed=chosen.seed,
        folder=chosen.out,
    )
    print(f"saved in {chosen.out}; python -m course.measurements 10 measures it")


def train_writer(
    kind: str,
    text: plays.Text,
    *,
    steps: int | None = None,
    seed: int = 0,
    folder: Path = checkpoints.CHECKPOINTS,
    progress: bool = True,
) -> Writer:
    """Train a GPT and save the checkpoint `gpt_<kind>`. Raises ValueError for an unknown kind.

    Beside the weights stand the characters and merges of its tokenizer.
    """
    if kind not in KINDS:
        raise ValueError(f"kind must be one of {', '.join(KINDS)}; got {kind!r}")
    chosen = KINDS[kind]
    tokenizer = learn(text.train, chosen.merges)
    torch.manual_seed(seed)
    writer = Writer(GPT(len(tokenizer), **chosen.sizes), tokenizer, CONTEXT)
    tokens = writer.tokens(text.train)[0]
    some = text.held_out[:VALIDATED]
    recipe = Recipe(steps or chosen.steps, chosen.learning_rate, seed=seed, optimizer="muon")

    induction = [snapshot(writer.model, step=0)]

    def validate() -> str:
        done = round(recipe.steps * len(induction) / VALIDATIONS)
        induction.append(snapshot(writer.model, step=done))
        return f"held out: {writer.surprise(some) / len(some):.3f} nats per character"

    train(
        writer.model,
        lambda step: loss(writer.model, windows(tokens)),
        recipe,
        validate=validate,
        validate_every=max(1, recipe.steps // VALIDATIONS),
        progress=progress,
    )
    told = {
        "kind": kind,
        "sizes": chosen.sizes,
        "context": CONTEXT,
        "induction": induction,
        "characters": tokenizer.characters,
        "merges": tokenizer.merges,
    }
    told |= account(writer.model, recipe, batch_size=BATCH_SIZE)
    checkpoints.write(f"gpt_{kind}", writer.model, told, folder)
    return load_writer(f"gpt_{kind}", folder)


def snapshot(model: GPT, step: int) -> dict[str, Any]:
    """How far induction has come: each head's score and the losses, on random tokens twice."""
    words = model.words.num_embeddings
    tokens = repeated(words, min(words, CONTEXT // 2), batch=SEEN, seed=0)
    once, again = losses(model, tokens)
    heads = [[round(score, 3) for score in layer] for layer in scores(model, tokens).tolist()]
    return {"step": step, "once": round(once, 3), "again": round(again, 3), "heads": heads}


def windows(tokens: Int[Tensor, " N"]) -> Int[Tensor, "B T"]:
    """Stretches of the text from places drawn at random, with one token more than the context."""
    starts = torch.randint(len(tokens) - CONTEXT, (BATCH_SIZE, 1))
    return tokens[starts + torch.arange(CONTEXT + 1)]


def loss(model: GPT, tokens: Int[Tensor, "B T"]) -> Tensor:
    """Mean surprise at each token's successor: logits of all but the last, targets one further."""
    logits = model(tokens[:, :-1])
    return F.cross_entropy(logits.flatten(0, 1), tokens[:, 1:].flatten())
