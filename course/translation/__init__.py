"""English to French: the translators, how they are trained, searched and measured.

>>> translator = load("translation_transformer")
>>> print(translator("the cat sat on the mat"))
"""

from course.translation import alignment, evaluation, pretrained
from course.translation._bleu import bleu
from course.translation.beam import Hypothesis, beam_search
from course.translation.pretrained import load
from course.translation.translator import Batch, Translation, Translator

__all__ = [
    "load",
    "Translator",
    "Translation",
    "Batch",
    "Hypothesis",
    "beam_search",
    "bleu",
    "alignment",
    "evaluation",
    "pretrained",
]
