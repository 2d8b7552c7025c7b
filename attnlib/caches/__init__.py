"""What a decoder keeps of the tokens so far, so that none is computed twice."""

from attnlib.caches.compressed import CompressedCache, Entries
from attnlib.caches.convolutional import ConvolutionalCache
from attnlib.caches.growing import Cache, KVCache
from attnlib.caches.latent import LatentCache
from attnlib.caches.paged import PagedKVCache, PagePool
from attnlib.caches.quantized import QuantizedKVCache
from attnlib.caches.sliding import SlidingKVCache
from attnlib.caches.temporal import TemporalLatentCache

__all__ = [
    "Cache",
    "CompressedCache",
    "ConvolutionalCache",
    "Entries",
    "KVCache",
    "LatentCache",
    "PagePool",
    "PagedKVCache",
    "QuantizedKVCache",
    "SlidingKVCache",
    "TemporalLatentCache",
]
