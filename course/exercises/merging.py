"""Attention to parts of the keys, to be merged by their logsumexps; chapter 14."""

from jaxtyping import Float
from torch import Tensor

from course.exercises.in_code import in_code


def merged(
    outputs: Float[Tensor, "P T D"], logsumexps: Float[Tensor, "P T"]
) -> Float[Tensor, "T D"]:
    return (logsumexps.softmax(dim=0).unsqueeze(-1) * outputs).sum(dim=0)


def _by_logarithms(outputs: Tensor, logsumexps: Tensor) -> Tensor:
    shares = logsumexps / logsumexps.sum(dim=0)
    return (shares.unsqueeze(-1) * outputs).sum(dim=0)


MERGED = in_code(
    merged,
    lambda draw: [
        (draw.normal(2, 3, 2), draw.normal(2, 3) + 3),
        (draw.normal(3, 2, 4), 2 * draw.normal(3, 2) + 5),
        (draw.normal(1, 4, 2), draw.normal(1, 4)),
        (draw.normal(4, 1, 3), draw.normal(4, 1) + 300),
    ],
    known={
        "this is the plain mean. A part with larger scores holds more of the weight.": (
            lambda outputs, logsumexps: outputs.mean(dim=0)
        ),
        "each part's output is divided already. Weigh the parts by shares that sum to 1.": (
            lambda outputs, logsumexps: outputs.sum(dim=0)
        ),
        "you shared by the logarithms. The sums themselves are their exponentials.": _by_logarithms,
        "the weighted sum of the parts is still to be divided by the sum of all weights.": (
            lambda outputs, logsumexps: (logsumexps.exp().unsqueeze(-1) * outputs).sum(dim=0)
        ),
        "the shares go the wrong way: the larger logsumexp has the larger share.": (
            lambda outputs, logsumexps: merged(outputs, -logsumexps)
        ),
        "exp of a large logsumexp overflows: take away the largest first, as softmax does.": (
            lambda outputs, logsumexps: (
                (logsumexps.exp() / logsumexps.exp().sum(dim=0)).unsqueeze(-1) * outputs
            ).sum(dim=0)
        ),
    },
    shape="one row per query, as wide as a value",
    axes=("query", "number"),
    advice="not yet the output over all keys: part p holds the share exp(logsumexp p) of the sum.",
    also={"not yet the output": lambda outputs, logsumexps: outputs[0]},
    praise="So parts of the keys can be attended to anywhere, even on another machine.",
)
