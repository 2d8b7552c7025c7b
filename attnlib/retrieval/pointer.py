"""Pointer networks: the weights themselves are the answer (Vinyals et al., 2015)."""

from jaxtyping import Bool, Float
from torch import Tensor, nn

from attnlib.attend import Attend
from attnlib.attended import Attended
from attnlib.checks import checked
from attnlib.masks import Mask
from attnlib.scores import Additive


class Pointer(nn.Module):
    """p(j) = softmaxⱼ(vᵀ tanh(W₁ kⱼ + W₂ q)): which of the inputs comes next (section 2.3).

    Attention would now add up the inputs; a pointer names one of them. So what it can say grows
    with its input, and needs no vocabulary: sort, route, find the hull of points.
    Mask what may not be named again. A query with nothing to name gets p = 0.

    - `query_size`, `key_size`: of the states compared. `hidden_size`: of v.
    """

    def __init__(self, query_size: int, key_size: int, *, hidden_size: int) -> None:
        super().__init__()
        self.attend = Attend(score=Additive(query_size, key_size, hidden_size))

    @checked
    def forward(
        self,
        query: Float[Tensor, "B H Tq D"],
        key: Float[Tensor, "B H Tk K"],
        *,
        mask: Mask | Bool[Tensor, "*BH #Tq #Tk"] | None = None,
    ) -> Attended:
        """The pointer is the `.weights`; the `.output`, a mean of the keys, is left unused."""
        return self.attend(query, key, key, mask=mask)
