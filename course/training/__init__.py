"""The training loop, its recipe, and what the training tasks share.

    losses = train(model, loss, Recipe(steps=1000, learning_rate=1e-3))

`loss(step)` gives the loss of a step's batch. The models of the course are trained by

    python -m course.training translation --model transformer

each from a file of its subject that says what is its own: see `Task`.
"""

from course.training import optimizers
from course.training.loop import train
from course.training.recipe import Recipe
from course.training.state import Saving
from course.training.tasks import Job, Task, fit

__all__ = ["Recipe", "train", "Saving", "Job", "Task", "fit", "optimizers"]
