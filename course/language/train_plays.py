"""A GPT that learns to write plays: --model characters, or pieces"""

from typing import Any, NamedTuple

import torch
from jaxtyping import Int
from torch import Tensor
from torch.nn import functional as F

from attnlib.inspect.induction import losses, repeated, scores
from attnlib.models.gpt import GPT
from course.data import plays
from course.data.byte_pair import learn
from course.language.writer import Writer
from course.training import Job, Recipe, Task

CONTEXT = 128  # tokens that the model looks back on
BATCH_SIZE = 16
VALIDATED = 20_000  # characters read at each validation
SEEN = 16  # random sequences on which induction is measured


class Kind(NamedTuple):
    """The `merges` of its tokenizer, and the steps of its training."""

    merges: int
    steps: int


SIZES: dict[str, Any] = {
    "size": 80,
    "heads": 4,
    "layers": 4,
    "longest": 1024,
    "rotary": True,
    "dropout_p": 0.0,
}
KINDS = {
    "characters": Kind(merges=0, steps=1400),  # 3 minutes of a quiet processor
    "pieces": Kind(merges=1000, steps=4000),  # 9 minutes
}


def prepare(kind: str, recipe: Recipe, text: plays.Text | None = None) -> Job:
    """The checkpoint `gpt_<kind>`. Raises ValueError for an unknown kind.

    Its json has the characters and merges of the tokenizer, and how induction came about.
    """
    if kind not in KINDS:
        raise ValueError(f"kind must be one of {', '.join(KINDS)}; got {kind!r}")
    text = plays.load() if text is None else text
    tokenizer = learn(text.train, KINDS[kind].merges)
    torch.manual_seed(recipe.seed)
    model = GPT(len(tokenizer), **SIZES)
    writer = Writer(model, tokenizer, CONTEXT)
    tokens, some = writer.tokens(text.train)[0], text.held_out[:VALIDATED]
    induction = [snapshot(model, step=0)]

    def validate() -> str:
        done = min(recipe.steps, job.validate_every * len(induction))
        induction.append(snapshot(model, step=done))
        return f"held out: {writer.surprise(some) / len(some):.3f} nats per character"

    job = Job(
        name=f"gpt_{kind}",
        model=model,
        recipe=recipe,
        loss=lambda step: loss(model, windows(tokens)),
        batch={"batch_size": BATCH_SIZE},
        details={
            "kind": kind,
            "sizes": SIZES,
            "context": CONTEXT,
            "induction": induction,
            "characters": tokenizer.characters,
            "merges": tokenizer.merges,
        },
        validate=validate,
        validations=8,
    )
    return job


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


TASK = Task(
    "model",
    {kind: Recipe(told.steps, 3e-3, optimizer="muon") for kind, told in KINDS.items()},
    prepare,
    resumes=False,  # what is measured on the way is not in a run's state
)
