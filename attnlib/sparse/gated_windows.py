"""Windows of tokens pressed into one entry each, by a softmax per channel (DeepSeek-AI, 2026).

entry_w = Σ_j softmax_j(Z_j + B_j) ⊙ C_j over the tokens j of window w       (equations 20 to 23)

The windows of heavily compressed attention stand side by side. Those of compressed sparse
attention overlap (equations 9 to 12): each token gives two pairs (C, Z), one to its own window's
entry and one to the next window's, so that an entry tells of two windows.
"""

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float
from torch import Tensor, nn

from attnlib.caches.compressed import Entries
from attnlib.checks import check_at_least, check_sequence, checked
from attnlib.precision import at_least_float32


class GatedWindows(nn.Module):
    """x (B, T, E) → one entry of D numbers per finished window, norm(Σ softmax(Z + B) ⊙ C).

    C = x·W_C and Z = x·W_Z; B is learned, one vector per place in a window. What is left over at
    the end waits for its window to be finished.

    - `size`: E. `head_size`: D. `length`: of a window, in tokens, which is also the stride.
    - `overlapping`: whether an entry reads the window before its own, too.
    """

    def __init__(
        self, size: int, head_size: int, *, length: int, overlapping: bool = False
    ) -> None:
        super().__init__()
        check_at_least(1, "length", length)
        self.length, self.overlapping = length, overlapping
        wide = 2 * head_size if overlapping else head_size
        self.content = nn.Linear(size, wide, bias=False)
        self.gate = nn.Linear(size, wide, bias=False)
        self.places = nn.Parameter(0.02 * torch.randn(length, wide))
        self.norm = nn.RMSNorm(head_size, eps=1e-6)

    @checked
    def forward(self, x: Float[Tensor, "B T E"]) -> Float[Tensor, "B N D"]:
        check_sequence("x", x, self.content)
        return self._pressed(self._parts(x), x)

    def go_on(self, x: Float[Tensor, "B T E"], kept: Entries) -> Float[Tensor, "B N D"]:
        """The entries that x finishes, behind the tokens that are `kept` and with it kept anew."""
        parts = kept.behind(self._parts(x))
        entries = self._pressed(parts, x)[:, kept.used :]
        whole = parts.shape[1] // self.length
        used = min(whole, int(self.overlapping))  # the next entry reads this window, too
        kept.keep(parts[:, (whole - used) * self.length :], used=used)
        return entries

    def _parts(self, x: Tensor) -> Float[Tensor, "B T C"]:
        """What each token gives to its entries: contents, then gates."""
        return torch.cat((self.content(x), self.gate(x)), dim=-1)

    def _pressed(self, parts: Tensor, x: Tensor) -> Float[Tensor, "B N D"]:
        number = parts.shape[1] // self.length
        windows = parts[:, : number * self.length].unflatten(1, (number, self.length))
        content, gate = windows.chunk(2, dim=-1)
        content, gate = at_least_float32(content), at_least_float32(gate + self.places)
        if self.overlapping:
            content, gate = (
                _with_the_one_before(content, 0.0),
                _with_the_one_before(gate, -torch.inf),
            )
        return self.norm((gate.softmax(dim=2) * content).sum(dim=2).to(x))

    @checked
    def finished(self, allowed: Bool[Tensor, "B H T Tk"]) -> Bool[Tensor, "B H T N"]:
        """Which entries a token may see: those made only of tokens that it may see."""
        number = allowed.shape[3] // self.length
        windows = allowed[..., : number * self.length].unflatten(3, (number, self.length))
        whole = windows.all(dim=-1)
        return whole & F.pad(whole, (1, 0), value=True)[..., :-1] if self.overlapping else whole


def _with_the_one_before(
    windows: Float[Tensor, "B N L 2D"], nothing: float
) -> Float[Tensor, "B N 2L D"]:
    """The first halves of the window before (for the first window, nothing), then the second."""
    to_the_next, to_its_own = windows.chunk(2, dim=-1)
    before = F.pad(to_the_next, (0, 0, 0, 0, 1, 0), value=nothing)[:, :-1]
    return torch.cat((before, to_its_own), dim=2)
