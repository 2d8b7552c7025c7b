"""The training loop, its recipe, and its optimizers.

python -m course.training translation --model transformer
"""

from course.training.loop import Recipe, Saving, train

__all__ = ["Recipe", "Saving", "train"]
