"""What a mechanism gives back whose weights come in a way of their own."""

from collections.abc import Callable
from dataclasses import dataclass

from jaxtyping import Float
from torch import Tensor

from attnlib._lazy import lazy


@dataclass(eq=False, repr=False)
class Weighed:
    """The `output`, and behind it the `weights`, which are computed when first read.

    What `Attended` is to attention. Read the weights before you change an input in place.
    """

    output: Float[Tensor, "B H Tq Dv"]
    weigh: Callable[[], Tensor]

    @lazy
    def weights(self) -> Float[Tensor, "B H Tq Tk *D"]:
        """How much of each key's value is in each output; of each channel where they differ."""
        return self.weigh()

    def __repr__(self) -> str:
        return f"Weighed(output {tuple(self.output.shape)})"
