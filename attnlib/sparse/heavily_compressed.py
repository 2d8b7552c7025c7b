"""Heavily compressed attention (HCA): a window, and one entry for every so many tokens before.

(DeepSeek-AI, 2026, DeepSeek-V4, section 2.3.2.)
"""

from typing import Any

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from attnlib.caches.compressed import CompressedCache, Entries
from attnlib.checks import check_sequence, checked
from attnlib.heads.shared_state import SharedStateAttention
from attnlib.masks import Causal, Dense, Mask, Window, as_mask
from attnlib.masks._laying import blank_hidden, lay
from attnlib.sparse.gated_windows import GatedWindows


class HeavilyCompressedAttention(SharedStateAttention):
    """Each token attends to the last `window` tokens and to all finished entries, in one softmax.

        keys = values = [R(j)·c_j of the window; R(w·length)·entry_w, w < (i + 1) / length]

    An entry stands at its window's first place. T/length entries are kept for ever, and `window`
    states; in DeepSeek-V4 128 tokens make an entry of 512 numbers, in 16 bits 8 bytes per token,
    and there is no selection among these.

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
        self,
        x: Float[Tensor, "B T E"],
        *,
        mask: Mask | Bool[Tensor, "*B1 #T #Tk"] | None = None,
        cache: CompressedCache | None = None,
    ) -> Float[Tensor, "B T E"]:
        """`mask`: who may look at whom besides the causal rule. With a `cache`, x is the newest
        tokens of a text and looks at all before, too.

        A token sees an entry if it may see every token behind it. So padding on the right changes
        nothing; on the left it moves the tokens to other windows. Raises ValueError for a cache of
        another stride or window.
        """
        check_sequence("x", x, self.state)
        x, _ = blank_hidden(x, None, mask) if cache is None else (x, None)
        places = self._places(x, cache)
        latent, state = self.query_latent(x), self._turned_state(x, places)
        query = self._turned_query(latent, places)
        if cache is None:
            so_far, kept = len(places), None
        else:
            state, so_far, kept = cache.near(state), cache.length, cache.entries
        entries = self._entries(self.compress, x, kept)

        rule = Causal() if mask is None else Causal() & as_mask(mask)
        tokens = state.new_empty(1, 1, so_far, 0)
        finished = self.compress.finished(lay(rule, query[:, :1], tokens))
        chosen = self._chosen(x, latent, finished, cache)
        near = lay(rule & self.window, query[:, :1], tokens)[..., so_far - state.shape[2] :]
        seen = torch.cat((near.expand(len(chosen), -1, -1, -1), chosen), dim=-1)
        return self._answer(query, torch.cat((state, entries), dim=2), Dense(seen), places)

    def _chosen(
        self, x: Tensor, latent: Tensor, finished: Tensor, cache: CompressedCache | None
    ) -> Bool[Tensor, "#B 1 T N"]:
        return finished

    def _places(self, x: Tensor, cache: CompressedCache | None) -> Int[Tensor, " T"]:
        before = 0
        if cache is not None:
            theirs, ours = (cache.stride, cache.window), (self.compress.length, self.window.width)
            if theirs != ours:
                raise ValueError(
                    f"cache has stride {theirs[0]} and window {theirs[1]}, "
                    f"but the layer has {ours[0]} and {ours[1]}"
                )
            before = cache.length
        return torch.arange(before, before + x.shape[1], device=x.device)

    def _entries(
        self, windows: GatedWindows, x: Tensor, kept: Entries | None
    ) -> Float[Tensor, "B 1 N D"]:
        """All finished so far, each turned by the place where its window begins."""
        if kept is None:
            return self._placed(windows(x), 0)
        return kept.append(self._placed(windows.go_on(x, kept), kept.number))

    def _placed(self, entries: Float[Tensor, "B N D"], first: int) -> Float[Tensor, "B 1 N D"]:
        numbers = torch.arange(first, first + entries.shape[1], device=entries.device)
        return self._turn(entries.unsqueeze(1), numbers * self.compress.length)
