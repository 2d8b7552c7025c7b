"""One grammar for English and French: it draws what to say, and says it in both (by pyrealb).

>>> realize(Sampler(Random(0)).sentence(0.5))

Reading the stored corpus needs none of this; making it anew does.
"""

from course.data.grammar.opening import OPENING
from course.data.grammar.sampling import Sampler

__all__ = ["OPENING", "Sampler"]
