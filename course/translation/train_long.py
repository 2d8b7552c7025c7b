"""The chapters' translator with another way to know places: --scheme rotary

All else is the recipe of `translation_transformer`: its sizes, its sentences of up to 24 words, its
steps. What changes is only the positions, and so only what is asked of sentences of 25 to 30 words.
"""

import torch

from attnlib.models.position_schemes import SCHEMES
from attnlib.models.transformer import Transformer
from course.data.batches import LengthBatches
from course.data.translation import Corpus, load
from course.training import Job, Recipe, Task
from course.translation.evaluation import exact_match
from course.translation.recipes import KINDS
from course.translation.train_translation import BATCH, VALIDATED
from course.translation.translator import Translator

TOLD = KINDS["transformer"]
RECIPE = Recipe(TOLD.steps, TOLD.learning_rate)


def prepare(scheme: str, recipe: Recipe, corpus: Corpus | None = None) -> Job:
    """The checkpoint `long_<scheme>`. Raises ValueError for an unknown scheme."""
    corpus = load() if corpus is None else corpus
    torch.manual_seed(recipe.seed)
    words = corpus.source_vocabulary, corpus.target_vocabulary
    model = Transformer(len(words[0]), len(words[1]), positions=scheme, **TOLD.sizes)
    translator = Translator(model, *words)
    batches = LengthBatches(corpus.train, size=int(BATCH["batch_size"]), seed=recipe.seed)
    some = corpus.valid[:: max(1, len(corpus.valid) // VALIDATED)]
    return Job(
        name=f"long_{scheme}",
        model=model,
        recipe=recipe,
        loss=lambda step: translator.loss(batches[step], label_smoothing=BATCH["label_smoothing"]),
        batch=BATCH,
        details={"scheme": scheme, "sizes": TOLD.sizes},
        validate=lambda: (
            f"exact on {len(some)} validation sentences: {exact_match(translator, some):.1%}"
        ),
        validations=8,
    )


TASK = Task("scheme", dict.fromkeys(SCHEMES, RECIPE), prepare)
