"""What a decoder keeps of the tokens so far, so that none is computed twice."""

from attnlib.caches.growing import Cache, KVCache
from attnlib.caches.paged import PagedKVCache, PagePool

__all__ = ["Cache", "KVCache", "PagePool", "PagedKVCache"]
