"""Modern Hopfield networks: a memory that completes patterns is attention (Ramsauer et al., 2020).

state ──> attention over the stored patterns ──> state ──> … until it rests at one of them
"""

from jaxtyping import Bool, Float
from torch import Tensor

from attnlib._attention import attention
from attnlib.attended import Attended
from attnlib.checks import check_at_least, checked
from attnlib.masks import Mask
from attnlib.scores import dot


@checked(one_dtype=True)
def retrieve(
    state: Float[Tensor, "B H Tq D"],
    patterns: Float[Tensor, "B G Tk D"],
    *,
    sharpness: float,
    steps: int = 1,
    mask: Mask | Bool[Tensor, "*BH #Tq #Tk"] | None = None,
) -> Attended:
    """`steps` times: state = softmax(β · state · patternsᵀ) · patterns (equation 3).

    One step with β = 1/√D is the attention of a Transformer, its keys being its values. Steps never
    raise the `energy`. With a large β the state ends at the stored pattern nearest to it, with
    a small one at the mean of several or of all (section 2).

    - `sharpness`: β, above 0.

    Returns the Attended of the last step.
    """
    if sharpness <= 0:
        raise ValueError(f"sharpness must be above 0, got {sharpness}")
    check_at_least(1, "steps", steps)
    for _ in range(steps):
        seen = attention(state, patterns, patterns, mask=mask, scale=sharpness)
        state = seen.output
    return seen


@checked
def energy(
    state: Float[Tensor, "B H Tq D"],
    patterns: Float[Tensor, "B H Tk D"],
    *,
    sharpness: float,
) -> Float[Tensor, "B H Tq"]:
    """−(1/β) · log Σ exp(β · patterns · state) + ½ |state|² + const, at least 0 (equation 2).

    The constant is (1/β) · log Tk + ½ · the largest |pattern|².
    """
    if sharpness <= 0:
        raise ValueError(f"sharpness must be above 0, got {sharpness}")
    if patterns.shape[2] == 0:
        raise ValueError("patterns must hold at least one, got none")
    scores = dot(state, patterns, sharpness)
    mean = scores.logsumexp(dim=-1) - scores.new_tensor(patterns.shape[2]).log()
    largest = patterns.square().sum(dim=-1).amax(dim=-1, keepdim=True)
    return (state.square().sum(dim=-1) + largest) / 2 - mean / sharpness
