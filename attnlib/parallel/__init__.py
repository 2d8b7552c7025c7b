"""One attention over several processes (torch.distributed)."""

from attnlib.parallel.all_to_all import head_parallel_attention
from attnlib.parallel.ring import ring_attention, ring_in_turn

__all__ = ["ring_attention", "ring_in_turn", "head_parallel_attention"]
