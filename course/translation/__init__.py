"""English to French: the translators, how they are trained, searched and measured."""

from course.translation import alignment, evaluation, pretrained
from course.translation._bleu import bleu
from course.translation.beam import beam_search
from course.translation.translator import Batch, Translation, Translator

__all__ = [
    "Batch",
    "Translation",
    "Translator",
    "alignment",
    "beam_search",
    "bleu",
    "evaluation",
    "pretrained",
]
