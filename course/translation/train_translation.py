"""English to French, with gold alignments: --model transformer"""

import torch

from course.data.batches import LengthBatches
from course.data.translation import Corpus, load
from course.training import Job, Recipe, Task
from course.translation import pretrained
from course.translation.evaluation import exact_match, measure
from course.translation.recipes import KINDS
from course.translation.translator import Translator

BATCH = {"batch_size": 32, "label_smoothing": 0.1}
VALIDATED = 100  # sentences translated at each validation


def prepare(kind: str, recipe: Recipe, corpus: Corpus | None = None) -> Job:
    """The checkpoint `translation_<kind>`. Raises ValueError for an unknown kind."""
    corpus = load() if corpus is None else corpus
    translator = untrained(kind, corpus, seed=recipe.seed)
    batches = LengthBatches(corpus.train, size=int(BATCH["batch_size"]), seed=recipe.seed)
    some = corpus.valid[:: max(1, len(corpus.valid) // VALIDATED)]
    return Job(
        name=pretrained.name_of(kind),
        model=translator.model,
        recipe=recipe,
        loss=lambda step: translator.loss(batches[step], label_smoothing=BATCH["label_smoothing"]),
        batch=BATCH,
        details={"kind": kind, "sizes": KINDS[kind].sizes} | pretrained.words_of(translator),
        validate=lambda: (
            f"exact on {len(some)} validation sentences: {exact_match(translator, some):.1%}"
        ),
        validations=8,
        measure=lambda: measure(translator, corpus),
    )


def untrained(kind: str, corpus: Corpus, *, seed: int = 0) -> Translator:
    """A translator with the random weights of `seed`. Raises ValueError for an unknown kind."""
    if kind not in KINDS:
        raise ValueError(f"kind must be one of {', '.join(KINDS)}; got {kind!r}")
    torch.manual_seed(seed)
    words = corpus.source_vocabulary, corpus.target_vocabulary
    model = KINDS[kind].build(len(words[0]), len(words[1]), **KINDS[kind].sizes)
    return Translator(model, *words)


TASK = Task(
    "model",
    {kind: Recipe(told.steps, told.learning_rate) for kind, told in KINDS.items()},
    prepare,
    steps_per_minute={kind: told.steps_per_minute for kind, told in KINDS.items()},
)
