"""What each process must minimize so that DDP takes the mean over tokens; chapter 18."""

from jaxtyping import Float, Int
from torch import Tensor

from course.exercises.in_code import in_code


def local_losses(sums: Float[Tensor, " P"], tokens: Int[Tensor, " P"]) -> Float[Tensor, " P"]:
    return sums * len(sums) / tokens.sum()


LOCAL_LOSSES = in_code(
    local_losses,
    lambda draw: [
        (10 * draw.uniform(3) + 1, draw.below(9, 3) + 1),
        (10 * draw.uniform(4) + 1, draw.below(30, 4) + 1),
        (10 * draw.uniform(2) + 1, draw.below(5, 2) + 3),
    ],
    known={
        "that is each process's own mean. The mean of these means gives the tokens of a process "
        "with few of them more weight.": lambda sums, tokens: sums / tokens,
        "DDP divides by P once more: multiply by the number of processes.": (
            lambda sums, tokens: sums / tokens.sum()
        ),
        "the sums alone: then the step grows with the number of tokens.": (
            lambda sums, tokens: sums * 1.0
        ),
        "all processes' losses at once: each must give its own part, else the parts of the others "
        "have no gradient there.": lambda sums, tokens: (sums.sum() / tokens.sum()).expand(
            len(sums)
        ),
        "DDP takes the mean over processes, so multiply by P, not divide.": (
            lambda sums, tokens: sums / (len(sums) * tokens.sum())
        ),
        "the sum is what DDP divides by P already.": lambda sums, tokens: sums * len(sums),
    },
    shape="one number per process",
    axes=("process",),
    advice="their mean over the processes should be the sum of all sums over the number "
    "of all tokens.",
    also={"their mean over the processes": lambda sums, tokens: 2 * local_losses(sums, tokens)},
    praise="The same line mends gradient accumulation over batches of unequal length.",
)
