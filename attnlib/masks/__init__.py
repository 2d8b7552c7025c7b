"""Who may look at whom. A mask is a rule about the places of a query and a key.

    Causal() & Window(256)        each token sees itself and the 255 before it
    Causal() | Prefix(4)          everybody sees the first four keys, and causally the rest
    Causal() & Document(ids)      packed documents that do not see one another
    Rule(lambda q, k: q != k)     any other rule

Rules combine with & (both), | (either) and ~ (not). True means *may attend*. The last query stands
at the last key: with Tq ≠ Tk, query i has the place i + Tk − Tq, as decoding with a cache needs.
(PyTorch's `is_causal` starts at the top left.)
"""

from attnlib.masks._shared_prefix import shared_prefix
from attnlib.masks.big_bird import BigBird
from attnlib.masks.block_diffusion import BlockDiffusion
from attnlib.masks.causal import Causal
from attnlib.masks.chunk import Chunk
from attnlib.masks.dense import Dense, as_mask
from attnlib.masks.dilated import Dilated
from attnlib.masks.document import Document
from attnlib.masks.left_right import LeftRight
from attnlib.masks.mask import And, Band, Grid, Mask, Not, Or
from attnlib.masks.neighborhood import Neighborhood
from attnlib.masks.padding import Padding
from attnlib.masks.prefix import Prefix
from attnlib.masks.rule import Rule
from attnlib.masks.sinks import streaming
from attnlib.masks.strided import Strided
from attnlib.masks.window import Window

__all__ = [
    "And",
    "Band",
    "BigBird",
    "BlockDiffusion",
    "Causal",
    "Chunk",
    "Dense",
    "Dilated",
    "Document",
    "Grid",
    "LeftRight",
    "Mask",
    "Neighborhood",
    "Not",
    "Or",
    "Padding",
    "Prefix",
    "Rule",
    "Strided",
    "Window",
    "as_mask",
    "shared_prefix",
    "streaming",
]
