"""How a model knows where a token stands: what changes queries, keys, scores or embeddings.

Nothing here attends."""

from attnlib.positions._alibi import alibi, alibi_slopes
from attnlib.positions._sinusoidal import sinusoidal
from attnlib.positions.contextual import ContextualPositions
from attnlib.positions.disentangled import DisentangledPositions
from attnlib.positions.householder import HouseholderSteps, householder_bias
from attnlib.positions.learned import LearnedPositions
from attnlib.positions.rotary import angles, frequencies, rotate, turn
from attnlib.positions.rotary_scaling import interpolated, ntk_aware, yarn, yarn_scale
from attnlib.positions.t5_buckets import BucketedBias, bucket
from attnlib.positions.transformer_xl import DistanceSinusoids

__all__ = [
    "sinusoidal",
    "LearnedPositions",
    "angles",
    "frequencies",
    "rotate",
    "turn",
    "interpolated",
    "ntk_aware",
    "yarn",
    "yarn_scale",
    "alibi",
    "alibi_slopes",
    "BucketedBias",
    "bucket",
    "DistanceSinusoids",
    "DisentangledPositions",
    "ContextualPositions",
    "HouseholderSteps",
    "householder_bias",
]
