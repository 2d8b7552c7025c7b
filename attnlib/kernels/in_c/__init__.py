"""FlashAttention in C (`flash.c`), for `impl="native"`: compiled here, once, by one command.

    python -m attnlib.kernels.in_c

Nothing is compiled unasked, and nothing is shipped compiled. What is built lies in the user's cache
folder, one file per source, processor and PyTorch; another of any of them asks for another build.
"""

from attnlib.kernels.in_c._library import build, is_built, lacking, path

__all__ = ["build", "is_built", "lacking", "path"]
