"""Chapter 13, in code: RMSNorm."""

from collections.abc import Sequence

from jaxtyping import Float
from torch import Tensor

from course.exercises.in_code import Inputs, in_code
from course.exercises.trying import Draw


def rms_norm(
    x: Float[Tensor, "B T E"], gain: Float[Tensor, " E"], eps: float
) -> Float[Tensor, "B T E"]:
    mean_square = x.square().mean(dim=-1, keepdim=True)
    return x / (mean_square + eps).sqrt() * gain


def _layer_norm(x: Tensor, gain: Tensor, eps: float) -> Tensor:
    return rms_norm(x - x.mean(dim=-1, keepdim=True), gain, eps)


def _by_the_length(x: Tensor, gain: Tensor, eps: float) -> Tensor:
    return x / (x.square().sum(dim=-1, keepdim=True) + eps).sqrt() * gain


def _no_root(x: Tensor, gain: Tensor, eps: float) -> Tensor:
    return x / (x.square().mean(dim=-1, keepdim=True) + eps) * gain


def _eps_outside(x: Tensor, gain: Tensor, eps: float) -> Tensor:
    return x / (x.square().mean(dim=-1, keepdim=True).sqrt() + eps) * gain


def _without_eps(x: Tensor, gain: Tensor, eps: float) -> Tensor:
    return rms_norm(x, gain, 0.0)


def _without_gain(x: Tensor, gain: Tensor, eps: float) -> Tensor:
    return rms_norm(x, gain / gain, eps)


def _over_places(x: Tensor, gain: Tensor, eps: float) -> Tensor:
    return x / (x.square().mean(dim=1, keepdim=True) + eps).sqrt() * gain


def _over_all(x: Tensor, gain: Tensor, eps: float) -> Tensor:
    return x / (x.square().mean() + eps).sqrt() * gain


def _by_the_mean(x: Tensor, gain: Tensor, eps: float) -> Tensor:
    return x / (x.mean(dim=-1, keepdim=True).square() + eps).sqrt() * gain


def _gain_plus_one(x: Tensor, gain: Tensor, eps: float) -> Tensor:
    return rms_norm(x, 1 + gain, eps)


def _states(draw: Draw) -> Sequence[Inputs]:
    sizes = (2, 3, 4), (1, 5, 6), (3, 2, 8)
    return [
        (1 + 2 * draw.normal(b, t, e), draw.normal(e), eps)
        for (b, t, e), eps in zip(sizes, (0.5, 0.1, 1.0), strict=True)
    ]


RMS_NORM = in_code(
    rms_norm,
    _states,
    known={
        "the mean is subtracted: that is LayerNorm. RMSNorm only divides.": _layer_norm,
        "this divides by the length √Σx²; the root of the *mean* square is wanted.": _by_the_length,
        "the root is missing: dividing by the mean square changes the unit.": _no_root,
        "eps stands inside the root, beside the mean square.": _eps_outside,
        "eps is not used: a vector of zeros would be divided by 0.": _without_eps,
        "the gain is missing: each of the E numbers is multiplied by its own.": _without_gain,
        "the mean runs over the places. Each token is normed on its own, over its E numbers.": (
            _over_places
        ),
        "one mean for everything: each token is normed on its own, over its E numbers.": _over_all,
        "this is the square of the mean; the mean of the squares is wanted.": _by_the_mean,
        "Gemma writes the gain as 1 + w; here it is the gain itself.": _gain_plus_one,
    },
    shape="(B, T, E), as x",
    axes=("text", "token", "number"),
    advice="not this: square, mean over the last axis, add eps, root, divide, times the gain.",
    praise="No mean, no bias: half of LayerNorm, and nobody misses the rest.",
)
