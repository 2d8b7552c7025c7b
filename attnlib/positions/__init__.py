"""How a model knows where a token stands: what changes queries, keys, scores or embeddings.

Nothing here attends."""

from attnlib.positions._alibi import alibi, alibi_slopes
from attnlib.positions._fading_rotation import fading_rotation
from attnlib.positions._sinusoidal import sinusoidal
from attnlib.positions.axes import axial_angles, shared_angles
from attnlib.positions.contextual import ContextualPositions
from attnlib.positions.disentangled import DisentangledPositions
from attnlib.positions.functional_bias import FunctionalBias
from attnlib.positions.householder import HouseholderSteps, householder_bias
from attnlib.positions.kernel_bias import LogarithmicBias, PowerBias
from attnlib.positions.learned import LearnedPositions
from attnlib.positions.polar import PolarPositions
from attnlib.positions.released_scaling import (
    by_wavelength,
    dynamic_ntk,
    proportional,
    searched,
    searched_scale,
)
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
    "by_wavelength",
    "searched",
    "searched_scale",
    "dynamic_ntk",
    "proportional",
    "axial_angles",
    "shared_angles",
    "fading_rotation",
    "PolarPositions",
    "FunctionalBias",
    "PowerBias",
    "LogarithmicBias",
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
