"""Work over several processes: forked for a cell of chapter 18, and started by torchrun.

torchrun --nproc-per-node 4 -m course.across
"""

from course.across.counting import Sent, counted
from course.across.forked import together

__all__ = ["Sent", "counted", "together"]
