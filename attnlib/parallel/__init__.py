"""One attention over several processes (torch.distributed)."""

from attnlib.parallel._places import Order, places
from attnlib.parallel.all_to_all import head_parallel_attention
from attnlib.parallel.in_turn import ring_in_turn
from attnlib.parallel.layers import RingAttend, put_on_ring
from attnlib.parallel.ring import ring_attention

__all__ = [
    "Order",
    "RingAttend",
    "head_parallel_attention",
    "places",
    "put_on_ring",
    "ring_attention",
    "ring_in_turn",
]
