"""The chapters' machinery: what names a chapter, a text or a checkpoint. It is in no wheel.

    data            texts and pictures, and how text becomes numbers
    translation     English to French            language    what comes next
    reading         blanks, filled               digits      handwritten ones
    training        the loop, and `python -m course.training`
    checkpoints     the trained models
    measurements    their numbers on held-out data, and `python -m course.measurements`
    catalogue       every attention type         exercises   with checks that say what is wrong
    plots           figures                      widgets     live pictures

Each subject loads its trained models: `translation.load("translation_transformer")`. Rooms are
imported when asked for (`from course import plots`): some need packages that others do not.
"""

__all__ = [
    "catalogue",
    "checkpoints",
    "data",
    "digits",
    "exercises",
    "language",
    "measurements",
    "plots",
    "reading",
    "training",
    "translation",
    "widgets",
]
