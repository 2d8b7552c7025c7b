"""Where the Transformer's words stand: six schemes, each at one of three places.

none        nowhere: a sentence is a bag            (a causal decoder can still count its past)
sinusoidal  embedding + wave of the place           (Vaswani et al., 2017)
learned     embedding + vector of the place         (Gehring et al., 2017)
rotary      query and key turned by their places    (Su et al., 2021)
bucketed    score + number of the distance's bucket (Raffel et al., 2020, T5)
alibi       score − slope · distance                (Press et al., 2022)

The last three act in self-attention alone. Cross-attention has no distance: its query stands in one
sentence and its key in another. There, as in T5, content alone decides.
"""

from jaxtyping import Float, Int
from torch import Tensor, nn

from attnlib.positions import alibi, sinusoidal
from attnlib.positions.learned import LearnedPositions
from attnlib.positions.rotary import rotate
from attnlib.positions.t5_buckets import BucketedBias

LONGEST = 64  # places in the learned table
# T5 has 32 and 128, and texts of 512. The last bucket, of all that is far, must be met in training.
BUCKETS, LONGEST_DISTANCE = 12, 8


SCHEMES = ("none", "sinusoidal", "learned", "bucketed", "alibi", "rotary")


def scheme(name: str, size: int, heads: int, *, causal: bool) -> "Scheme":
    """The scheme of that name for an encoder, or a `causal` decoder, of `size` E.

    Raises ValueError for an unknown name.
    """
    match name:
        case "none":
            return Scheme()
        case "sinusoidal":
            return Sinusoidal()
        case "learned":
            return Learned(size)
        case "bucketed":
            return Bucketed(heads, causal=causal)
        case "alibi":
            return Alibi(heads)
        case "rotary":
            return Rotary()
    raise ValueError(f"positions must be one of {', '.join(SCHEMES)}; got {name!r}")


class Scheme(nn.Module):
    """No positions at all, and the three places where a scheme can bring them in."""

    def place(self, x: Float[Tensor, "B T E"]) -> Float[Tensor, "B T E"]:
        """The embeddings, with their places."""
        return x

    def turn(
        self, states: Float[Tensor, "B H T D"], places: Int[Tensor, " T"]
    ) -> Float[Tensor, "B H T D"]:
        """Queries or keys of self-attention, with their places."""
        return states

    def bias(self, x: Float[Tensor, "B T E"]) -> Float[Tensor, "1 H T T"] | None:
        """What self-attention of x adds to its scores."""
        return None


class Sinusoidal(Scheme):
    """x + wave of the place."""

    def place(self, x: Float[Tensor, "B T E"]) -> Float[Tensor, "B T E"]:
        return x + sinusoidal(*x.shape[1:], dtype=x.dtype, device=x.device)


class Learned(Scheme):
    """x + a vector of the place, of which there are LONGEST; ValueError beyond."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.learned = LearnedPositions(size, longest=LONGEST)

    def place(self, x: Float[Tensor, "B T E"]) -> Float[Tensor, "B T E"]:
        return self.learned(x)


class Rotary(Scheme):
    """Each pair of a query's or key's numbers turns with the place."""

    def turn(
        self, states: Float[Tensor, "B H T D"], places: Int[Tensor, " T"]
    ) -> Float[Tensor, "B H T D"]:
        return rotate(states, places, pairing="half")


class Bucketed(Scheme):
    """A learned number for each bucket of distances and each head, the same in all layers."""

    def __init__(self, heads: int, *, causal: bool) -> None:
        super().__init__()
        self.bucketed = BucketedBias(
            heads, buckets=BUCKETS, longest=LONGEST_DISTANCE, causal=causal
        )

    def bias(self, x: Float[Tensor, "B T E"]) -> Float[Tensor, "1 H T T"]:
        return self.bucketed(x.shape[1], x.shape[1])


class Alibi(Scheme):
    """The further apart, the lower the score, by a straight line."""

    def __init__(self, heads: int) -> None:
        super().__init__()
        self.heads = heads

    def bias(self, x: Float[Tensor, "B T E"]) -> Float[Tensor, "1 H T T"]:
        return alibi(self.heads, x.shape[1], x.shape[1], like=x)
