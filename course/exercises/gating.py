"""Chapter 12: the exercise on squeeze and excitation (Hu et al., 2018)."""

from collections.abc import Sequence

from jaxtyping import Float
from torch import Tensor

from course.exercises.in_code import Inputs, in_code
from course.exercises.trying import Draw


def channel_gates(
    image: Float[Tensor, "C Y X"], down: Float[Tensor, "R C"], up: Float[Tensor, "C R"]
) -> Float[Tensor, " C"]:
    squeezed = image.mean(dim=(1, 2))  # one number per channel
    return (up @ (down @ squeezed).relu()).sigmoid()


def _mean(image: Tensor) -> Tensor:
    return image.mean(dim=(1, 2))


def _gated_image(image: Tensor, down: Tensor, up: Tensor) -> Tensor:
    return image * channel_gates(image, down, up)[:, None, None]


def _pictures(draw: Draw) -> Sequence[Inputs]:
    sizes = (6, 5, 4, 3), (4, 2, 6, 2), (8, 3, 3, 2), (3, 1, 5, 4)
    return [
        (draw.normal(c, y, x) + 0.5, draw.normal(r, c), draw.normal(c, r)) for c, y, x, r in sizes
    ]


CHANNEL_GATES = in_code(
    channel_gates,
    _pictures,
    known={
        "a softmax lets the channels compete; here each gate opens by itself: sigmoid.": (
            lambda image, down, up: (up @ (down @ _mean(image)).relu()).softmax(dim=0)
        ),
        "there is no ReLU between the two matrices: they would be one.": (
            lambda image, down, up: (up @ (down @ _mean(image))).sigmoid()
        ),
        "the ReLU stands after the second matrix; it belongs between the two.": (
            lambda image, down, up: (up @ (down @ _mean(image))).relu().sigmoid()
        ),
        "between the two matrices stands a sigmoid; there it is a ReLU.": (
            lambda image, down, up: (up @ (down @ _mean(image)).sigmoid()).sigmoid()
        ),
        "these numbers are not yet gates: a sigmoid brings them into 0 to 1.": (
            lambda image, down, up: up @ (down @ _mean(image)).relu()
        ),
        "you squeezed with the sum; it is the mean over all places.": (
            lambda image, down, up: (up @ (down @ image.sum(dim=(1, 2))).relu()).sigmoid()
        ),
        "you squeezed with the maximum. That is CBAM's second summary; SE takes the mean.": (
            lambda image, down, up: (up @ (down @ image.amax(dim=(1, 2))).relu()).sigmoid()
        ),
        "this is the gated image. Return the gates.": _gated_image,
    },
    shape="one gate per channel",
    axes=("channel",),
    advice="not these. Mean over the places, down, ReLU, up, sigmoid.",
    also={
        "one gate per channel": lambda image, down, up: image.mean(dim=0),
        "Mean over the places": lambda image, down, up: 1 - channel_gates(image, down, up),
    },
    praise="Weights that depend on the input, over channels instead of places.",
)
