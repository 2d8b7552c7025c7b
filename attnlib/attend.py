"""`attention` as a part of a model."""

from jaxtyping import Bool, Float
from torch import Tensor, nn

from attnlib._attention import attention
from attnlib.attended import Attended
from attnlib.masks import Mask
from attnlib.normalizers import Normalizer, softmax
from attnlib.scores import Score, scaled_dot


class Attend(nn.Module):
    """`attention` as a part of a model: the choices are kept, dropout is on in training only.

    A layer holds one as `self.attend`; `record_attention` finds it there. See `attention` for the
    arguments.
    """

    def __init__(
        self,
        *,
        score: Score = scaled_dot,
        normalize: Normalizer = softmax,
        scale: float | None = None,
        dropout_p: float = 0.0,
        impl: str = "auto",
    ) -> None:
        super().__init__()
        self.score = score
        self.normalize = normalize
        self.scale = scale
        self.dropout_p = dropout_p
        self.impl = impl

    def forward(
        self,
        query: Float[Tensor, "B H Tq D"],
        key: Float[Tensor, "B G Tk Dk"],
        value: Float[Tensor, "B G Tk Dv"],
        *,
        mask: Mask | Bool[Tensor, "*BH #Tq #Tk"] | None = None,
        bias: Float[Tensor, "#B #H #Tq #Tk"] | None = None,
    ) -> Attended:
        return attention(
            query,
            key,
            value,
            mask=mask,
            bias=bias,
            score=self.score,
            normalize=self.normalize,
            scale=self.scale,
            dropout_p=self.dropout_p if self.training else 0.0,
            impl=self.impl,
        )
