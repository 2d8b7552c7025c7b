"""A small network that looks at query and key together (Bahdanau et al., 2015)."""

from jaxtyping import Float
from torch import Tensor, nn

from attnlib.checks import check_goes_with, checked
from attnlib.precision import at_least_float32
from attnlib.scores._made_for import check_size


class Additive(nn.Module):
    """vᵀ tanh(W q + U k), a small network (Bahdanau et al., 2015, appendix A.1.2).

    It holds every pair's hidden vector at once: memory grows as Tq · Tk · hidden_size. A decoder
    that asks step after step projects its keys once, hands over U k, and gives no `key_size`.

        >>> score = Additive(4, 6, hidden_size=16)  # queries and keys of unequal sizes
        >>> query, key = torch.zeros(1, 1, 2, 4), torch.zeros(1, 1, 3, 6)
        >>> attention(query, key, key, score=score).output.shape
        torch.Size([1, 1, 2, 6])

    """

    def __init__(self, query_size: int, key_size: int | None, hidden_size: int) -> None:
        super().__init__()
        self.query_size = query_size
        self.key_size = hidden_size if key_size is None else key_size
        self.query = nn.Linear(query_size, hidden_size, bias=False)
        self.key: nn.Module = nn.Identity()
        if key_size is not None:
            self.key = nn.Linear(key_size, hidden_size, bias=False)
        self.combine = nn.Linear(hidden_size, 1, bias=False)

    @checked
    def forward(
        self, query: Float[Tensor, "B H Tq D"], key: Float[Tensor, "B H Tk K"], scale: float | None
    ) -> Float[Tensor, "B H Tq Tk"]:
        check_size("query", query, self.query_size)
        check_size("key", key, self.key_size)
        check_goes_with("query", query, self.combine)
        check_goes_with("key", key, self.combine)
        pairs = self.query(query).unsqueeze(3) + self.key(key).unsqueeze(2)
        scores = at_least_float32(self.combine(pairs.tanh()).squeeze(-1))
        return scores if scale is None else scores * scale
