"""What other libraries compute in float32, whatever they are given, computed in float64.

So a layer that widens to float32 on its way can be held to 1e-9, and not to 1e-5 only.
"""

from course.recipes.theirs import in_double

__all__ = ["in_double"]
