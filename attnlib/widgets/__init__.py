"""Live pictures of attention."""

from attnlib.widgets.qkv_lab import qkv_lab
from attnlib.widgets.softmax_and_scale import softmax_and_scale

__all__ = ["qkv_lab", "softmax_and_scale"]
