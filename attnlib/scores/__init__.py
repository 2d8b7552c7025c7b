"""How a query and a key are compared: score(query, key, scale) → one number per pair.

Every score takes query (B, H, Tq, D) and key (B, H, Tk, D) and gives scores (B, H, Tq, Tk), in
float32 at least. `scale` multiplies the score; None means the score's own, 1/√D for the scaled dot
product, else 1."""

from attnlib.scores.additive import Additive
from attnlib.scores.cosine import Cosine, strength_for
from attnlib.scores.dot_products import dot, scaled_dot
from attnlib.scores.dynamic import DynamicScore
from attnlib.scores.gaussian_kernel import GaussianKernel
from attnlib.scores.general import General
from attnlib.scores.location import Location
from attnlib.scores.score import Score, nothing
from attnlib.scores.soft_cap import SoftCap
from attnlib.scores.static import StaticScore

__all__ = [
    "Score",
    "dot",
    "scaled_dot",
    "General",
    "Additive",
    "GaussianKernel",
    "Cosine",
    "strength_for",
    "Location",
    "SoftCap",
    "StaticScore",
    "DynamicScore",
    "nothing",
]
