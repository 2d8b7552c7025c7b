"""A cache in pages, for many sequences in one memory (Kwon et al., 2023, “PagedAttention”).

    table of a sequence   [5, 0, 7]      tokens 0 … 15 lie on page 5, 16 … 31 on page 0, …
    table of its fork     [5, 0, 2]      the same beginning, on the same pages

As an operating system gives programs their memory: no sequence needs its room in one piece, and
none reserves room for tokens that may never come.
"""

import torch
from jaxtyping import Float
from torch import Tensor

from attnlib.caches._checks import check_continues, check_kept, check_no_gradient
from attnlib.checks import check_at_least, checked


class PagePool:
    """Memory for the tokens of many sequences, in pages of `page_size` (Kwon et al., 2023).

    Sequences that grow at different speeds share one pool without gaps, and sequences that begin
    alike share pages: a page is free again when nobody uses it.
    """

    def __init__(
        self,
        pages: int,
        page_size: int,
        *,
        key_heads: int,
        head_size: int,
        value_size: int | None = None,
        dtype: torch.dtype = torch.float32,
        device: torch.device | str = "cpu",
    ) -> None:
        for name, count in (("pages", pages), ("page_size", page_size)):
            check_at_least(1, name, count)
        value_size = head_size if value_size is None else value_size
        self.page_size = page_size
        self.users = [0] * pages
        self.key = torch.zeros(pages, key_heads, page_size, head_size, dtype=dtype, device=device)
        self.value = self.key.new_zeros(pages, key_heads, page_size, value_size)

    @property
    def free(self) -> int:
        """How many pages nobody uses."""
        return self.users.count(0)

    def take(self) -> int:
        """A free page, now used by one. Raises RuntimeError when there is none."""
        if self.free == 0:
            raise RuntimeError(f"all {len(self.users)} pages are in use: release a sequence")
        page = self.users.index(0)
        self.users[page] = 1
        return page


class PagedKVCache:
    """The keys and values of one sequence, on pages of a pool (Kwon et al., 2023, section 4).

    `table[i]` is the page that holds tokens i · page_size and following. `fork()` is a second
    sequence with the same past, which copies nothing: a shared page is copied when one of its users
    first writes to it. `release()` gives the pages back.

    `update` raises as that of `KVCache` does, and RuntimeError when the pool is full.
    """

    def __init__(self, pool: PagePool) -> None:
        self.pool = pool
        self.table: list[int] = []
        self.length = 0

    @checked
    def update(
        self, key: Float[Tensor, "1 G T D"], value: Float[Tensor, "1 G T Dv"]
    ) -> tuple[Float[Tensor, "1 G S D"], Float[Tensor, "1 G S Dv"]]:
        """Append the keys and values of T tokens; all S so far come back, gathered from pages."""
        pool, size = self.pool, self.pool.page_size
        check_continues("key", key, pool.key[:1])
        check_continues("value", value, pool.value[:1])
        check_no_gradient(key, value)
        end = self.length + key.shape[2]
        copies = key.shape[2] > 0 and self._shares_last_page()
        needed = -(-end // size) - len(self.table) + copies
        if needed > pool.free:
            raise RuntimeError(f"the pool is full: pages needed {needed}, free {pool.free}")

        if copies:
            self._copy_last_page()
        while len(self.table) * size < end:
            self.table.append(pool.take())
        places = torch.arange(self.length, end, device=key.device)
        pages = torch.tensor(self.table, dtype=torch.long, device=key.device)
        pool.key[pages[places // size], :, places % size] = key[0].transpose(0, 1)
        pool.value[pages[places // size], :, places % size] = value[0].transpose(0, 1)
        self.length = end
        return self.gather()

    def gather(self) -> tuple[Float[Tensor, "1 G S D"], Float[Tensor, "1 G S Dv"]]:
        """All keys and values so far, in order: what a dense cache would hold."""
        pages = torch.tensor(self.table, dtype=torch.long, device=self.pool.key.device)
        key, value = (
            memory[pages].transpose(0, 1).flatten(1, 2)[None, :, : self.length]
            for memory in (self.pool.key, self.pool.value)
        )
        return key, value

    def fork(self) -> "PagedKVCache":
        """Another sequence that begins with the same tokens, on the same pages."""
        other = PagedKVCache(self.pool)
        other.table, other.length = list(self.table), self.length
        for page in self.table:
            self.pool.users[page] += 1
        return other

    def crop(self, length: int) -> None:
        """Forget all but the first `length` tokens; pages behind them are given back.

        Raises ValueError unless there are so many.
        """
        check_kept(length, self.length)
        pages = -(-length // self.pool.page_size)
        for page in self.table[pages:]:
            self.pool.users[page] -= 1
        self.table, self.length = self.table[:pages], length

    def release(self) -> None:
        """Give the pages back; the cache is empty then."""
        self.crop(0)

    def _shares_last_page(self) -> bool:
        partly_full = self.length % self.pool.page_size > 0
        return partly_full and self.pool.users[self.table[-1]] > 1

    def _copy_last_page(self) -> None:
        pool, shared = self.pool, self.table[-1]
        own = pool.take()
        pool.key[own], pool.value[own] = pool.key[shared], pool.value[shared]
        pool.users[shared] -= 1
        self.table[-1] = own
