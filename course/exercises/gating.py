"""Chapter 12: the exercise on squeeze and excitation (Hu et al., 2018)."""

import torch
from jaxtyping import Float
from torch import Tensor

from course.exercises.exercise import Exercise, close, known_mistake, missing


def channel_gates(
    image: Float[Tensor, "C Y X"], down: Float[Tensor, "R C"], up: Float[Tensor, "C R"]
) -> Float[Tensor, " C"]:
    squeezed = image.mean(dim=(1, 2))  # one number per channel
    return (up @ (down @ squeezed).relu()).sigmoid()


def _softmax_gates(image: Tensor, down: Tensor, up: Tensor) -> Tensor:
    return (up @ (down @ image.mean(dim=(1, 2))).relu()).softmax(dim=0)


def _no_relu(image: Tensor, down: Tensor, up: Tensor) -> Tensor:
    return (up @ (down @ image.mean(dim=(1, 2)))).sigmoid()


def _no_sigmoid(image: Tensor, down: Tensor, up: Tensor) -> Tensor:
    return up @ (down @ image.mean(dim=(1, 2))).relu()


def _largest(image: Tensor, down: Tensor, up: Tensor) -> Tensor:
    return (up @ (down @ image.amax(dim=(1, 2))).relu()).sigmoid()


def _gated_image(image: Tensor, down: Tensor, up: Tensor) -> Tensor:
    return image * channel_gates(image, down, up)[:, None, None]


def _fault_of_gates(answer: object) -> str | None:
    if not callable(answer):
        return "give the function itself, without calling it: check(channel_gates)."
    source = torch.Generator().manual_seed(0)
    image = torch.randn(6, 5, 4, generator=source, dtype=torch.float64) + 0.5
    down = torch.randn(3, 6, generator=source, dtype=torch.float64)
    up = torch.randn(6, 3, generator=source, dtype=torch.float64)
    given = answer(image, down, up)
    if (fault := missing(given)) is not None:
        return fault
    if close(given, channel_gates(image, down, up)):
        return None
    known = {
        "a softmax lets the channels compete; here each gate opens by itself: sigmoid.": (
            _softmax_gates
        ),
        "there is no ReLU between the two matrices: they would be one.": _no_relu,
        "these numbers are not yet gates: a sigmoid brings them into 0 to 1.": _no_sigmoid,
        "you squeezed with the maximum. That is CBAM's second summary; SE takes the mean.": (
            _largest
        ),
        "this is the gated image. Return the gates.": _gated_image,
    }
    if (hint := known_mistake(given, known, image, down, up)) is not None:
        return hint
    return "not these. Mean over the places, down, ReLU, up, sigmoid."


CHANNEL_GATES = Exercise(
    find_fault=_fault_of_gates,
    solution=channel_gates,
    mistakes={
        "channels compete": _softmax_gates,
        "no ReLU": _no_relu,
        "not yet gates": _no_sigmoid,
        "CBAM's second summary": _largest,
        "Return the gates": _gated_image,
        "Mean over the places": lambda image, down, up: image.mean(dim=0),
        "the function itself": torch.ones(6),
        "returns nothing yet": lambda image, down, up: ...,
    },
    praise="Weights that depend on the input, over channels instead of places.",
)
