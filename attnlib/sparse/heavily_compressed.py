"""Heavily compressed attention (HCA): a window, and one entry for every so many tokens before.

(DeepSeek-AI, 2026, DeepSeek-V4, section 2.3.2.)
"""

from typing import Any

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from attnlib.checks import check_sequence, checked
from attnlib.heads.shared_state import SharedStateAttention
from attnlib.masks import Causal, Dense, Mask, Window, as_mask
from attnlib.masks._laying import blank_hidden, lay
from attnlib.sparse.gated_windows import GatedWindows


class HeavilyCompressedAttention(SharedStateAttention):
    """Each token attends to the last `window` tokens and to all finished entries, in one softmax.

        keys = values = [R(j)·c_j of the window; R(w·length)·entry_w, w < (i + 1) / length]

    An entry stands at its window's first place. T/length entries are kept for ever, and `window`
    states; in DeepSeek-V4 128 tokens make an entry, and there is no selection among these.

    - `length`: the tokens of an entry. `window`: W, which counts the token itself.
    - The other arguments are those of `SharedStateAttention`.
    """

    def __init__(
        self, size: int, heads: int, *, head_size: int, length: int, window: int, **options: Any
    ) -> None:
        super().__init__(size, heads, head_size=head_size, **options)
        self.window = Window(window)
        self.compress = self._windows(size, head_size, length)

    def _windows(self, size: int, head_size: int, length: int) -> GatedWindows:
        return GatedWindows(size, head_size, length=length)

    @checked
    def forward(
        self, x: Float[Tensor, "B T E"], *, mask: Mask | Bool[Tensor, "*B1 #T #T"] | None = None
    ) -> Float[Tensor, "B T E"]:
        """`mask`: who may look at whom besides the causal rule.

        A token sees an entry if it may see every token behind it. So padding on the right changes
        nothing; on the left it moves the tokens to other windows.
        """
        check_sequence("x", x, self.state)
        x, _ = blank_hidden(x, None, mask)
        places = torch.arange(x.shape[1], device=x.device)
        latent, state = self.query_latent(x), self._turned_state(x)
        query = self._turned_query(latent, places)
        entries = self._placed(self.compress(x))

        rule = Causal() if mask is None else Causal() & as_mask(mask)
        finished = self.compress.finished(lay(rule, state, state))
        chosen = self._chosen(x, latent, finished)
        near = lay(rule & self.window, state, state).expand(len(chosen), -1, -1, -1)
        seen = torch.cat((near, chosen), dim=-1)
        return self._answer(query, torch.cat((state, entries), dim=2), Dense(seen), places)

    def _chosen(self, x: Tensor, latent: Tensor, finished: Tensor) -> Bool[Tensor, "#B 1 T N"]:
        return finished

    def _placed(self, entries: Float[Tensor, "B N D"]) -> Float[Tensor, "B 1 N D"]:
        starts = torch.arange(entries.shape[1], device=entries.device) * self.compress.length
        return self._turn(entries.unsqueeze(1), starts)
