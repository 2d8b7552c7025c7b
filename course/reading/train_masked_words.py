"""Find hidden words, looking both ways or, with --causal, only back"""

from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from course import checkpoints
from course.data.translation import Corpus, load
from course.data.vocabulary import SPECIALS, Vocabulary
from course.reading import blanks
from course.reading.blanks import MASK_WORD, Reader, accuracy, hide
from course.training import Recipe, Saving, train
from course.training.loop import SEED_STRIDE
from course.training.tasks import account, add_run_arguments
from course.translation.train_translation import LengthBatches

SIZES = {"size": 96, "heads": 4, "layers": 3, "hidden": 192, "longest": 32, "segments": 1}
STEPS = 4000
BATCH_SIZE = 64
VALIDATED = 100  # sentences, each word hidden in turn
VALIDATIONS = 5


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--causal", action="store_true", help="see only the words before")
    parser.add_argument("--steps", type=int, default=STEPS)
    add_run_arguments(parser)


def run(chosen: Namespace) -> None:
    """What the command line asks for."""
    train_reader(
        load(),
        causal=chosen.causal,
        steps=chosen.steps,
        seed=chosen.seed,
        folder=chosen.out,
        resume=chosen.resume,
    )
    print(f"saved in {chosen.out}; python -m course.measurements 11 prints what it can do")


def train_reader(
    corpus: Corpus,
    *,
    causal: bool = False,
    steps: int = STEPS,
    seed: int = 0,
    folder: Path = checkpoints.CHECKPOINTS,
    resume: bool = False,
    progress: bool = True,
) -> Reader:
    """Train on the corpus' English sentences and save the checkpoint in `folder`."""
    torch.manual_seed(seed)
    known = Vocabulary((MASK_WORD, *corpus.source_vocabulary.words[len(SPECIALS) :]))
    reader = blanks.untrained(known, SIZES, causal=causal)
    recipe = Recipe(steps=steps, learning_rate=2e-3, warmup=min(300, steps), seed=seed)
    batches = LengthBatches(corpus.train, size=BATCH_SIZE, seed=seed)
    some = [pair.source for pair in corpus.valid[:: max(1, len(corpus.valid) // VALIDATED)]]
    name = "bert_masked_words_causal" if causal else "bert_masked_words"

    def loss(step: int) -> Tensor:
        source = torch.Generator().manual_seed(seed * SEED_STRIDE + step)
        tokens, _ = reader.batch([pair.source for pair in batches[step]])
        hidden = hide(tokens, len(known), source)
        logits = reader.model(hidden.tokens)
        return F.cross_entropy(logits[hidden.asked], tokens[hidden.asked])

    def validate() -> str:
        return f"right in {len(some)} validation sentences: {accuracy(reader, some):.1%}"

    train(
        reader.model,
        loss,
        recipe,
        validate=validate,
        validate_every=max(1, steps // VALIDATIONS),
        saving=Saving(folder / "unfinished" / name, resume=resume),
        progress=progress,
    )
    told: dict[str, Any] = {
        "causal": causal,
        "sizes": SIZES,
        "words": known.words[len(SPECIALS) :],
    }
    told |= account(reader.model, recipe, batch_size=BATCH_SIZE)
    checkpoints.write(name, reader.model, told, folder)
    return blanks.load(name, folder)
