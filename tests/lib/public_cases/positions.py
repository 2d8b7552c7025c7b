"""Positions: tables, turns and biases."""

from functools import partial

import torch
from torch.nn import functional as F

from attnlib.heads.relative import RelativeAttention
from attnlib.positions.contextual import ContextualPositions
from attnlib.positions.disentangled import DisentangledPositions
from attnlib.positions.functional_bias import FunctionalBias
from attnlib.positions.householder import HouseholderSteps
from attnlib.positions.kernel_bias import LogarithmicBias, PowerBias
from attnlib.positions.learned import LearnedPositions
from attnlib.positions.polar import PolarPositions
from attnlib.positions.t5_buckets import BucketedBias
from attnlib.positions.transformer_xl import DistanceSinusoids
from public_cases.case import Case

CASES = {
    "positions.ContextualPositions": Case(partial(ContextualPositions, 8, longest=4), fixed="D"),
    "positions.ContextualPositions.places": Case(
        partial(ContextualPositions, 8, longest=4), fixed="D"
    ),
    "positions.DisentangledPositions": Case(
        partial(DisentangledPositions, 6, heads=4, head_size=8, longest=3), fixed="H D"
    ),
    "positions.DistanceSinusoids": Case(
        partial(DistanceSinusoids, 6, heads=4, head_size=8),
        given={"key_length": 5},
        fixed="H D",
    ),
    "heads.RelativeAttention": Case(
        partial(RelativeAttention, 8, longest=2, value_size=6), fixed="D Dv"
    ),
    "positions.householder_bias": Case(
        make={"directions": lambda x: F.normalize(x, dim=-1), "strengths": torch.sigmoid}
    ),
    "positions.HouseholderSteps": Case(
        partial(HouseholderSteps, 16, heads=4, head_size=8, rank=3), fixed="E"
    ),
    "positions.LearnedPositions": Case(partial(LearnedPositions, 16, longest=6), fixed="E"),
    "positions.rotate": Case(
        given={"pairing": "half"}, axes={"positions": "#B T"}, make={"positions": torch.abs}
    ),
    "positions.angles": Case(
        moved=("positions", "turns"),
        axes={"positions": "#B T"},
        sizes={"R/2": 4},
        make={"positions": torch.abs},
    ),
    "positions.turn": Case(
        given={"pairing": "half"}, axes={"angles": "#B T R/2"}, sizes={"R/2": 4}
    ),
    "positions.BucketedBias": Case(
        partial(BucketedBias, heads=4), given={"query_length": 3, "key_length": 5}
    ),
    "positions.PolarPositions": Case(
        partial(PolarPositions, 2, head_size=8), fixed="G D Tk", axes={"places": " Tk"}
    ),
    "positions.fading_rotation": Case(given={"pairing": "half"}),
    "positions.axial_angles": Case(
        axes={"positions": "#B T"}, make={"positions": torch.abs}, given={"rotary_size": 4}
    ),
    "positions.shared_angles": Case(
        moved=("positions", "turns"),
        axes={"positions": "#B T"},
        sizes={"R/2": 4},
        fixed="R/2",
        make={"positions": torch.abs},
        given={"sections": (4,)},
    ),
    "positions.by_wavelength": Case(given={"rotary_size": 6, "factor": 2.0, "trained_length": 50}),
    "positions.searched": Case(given={"rotary_size": 6, "factors": (1.0, 2.0, 3.0)}),
    "positions.dynamic_ntk": Case(given={"rotary_size": 6, "length": 9, "trained_length": 5}),
    "positions.proportional": Case(given={"head_size": 6, "share": 0.5}),
    "positions.FunctionalBias": Case(
        partial(FunctionalBias, heads=4), given={"query_length": 3, "key_length": 5}
    ),
    "positions.PowerBias": Case(
        partial(PowerBias, heads=4), given={"query_length": 3, "key_length": 5}
    ),
    "positions.LogarithmicBias": Case(
        partial(LogarithmicBias, heads=4), given={"query_length": 3, "key_length": 5}
    ),
    "positions.alibi": Case(given={"heads": 4, "query_length": 3, "key_length": 5}),
    "positions.alibi_slopes": Case(given={"heads": 4}),
    "positions.sinusoidal": Case(given={"length": 5, "size": 6}),
    "positions.frequencies": Case(given={"rotary_size": 6}),
    "positions.interpolated": Case(given={"rotary_size": 6, "factor": 2.0}),
    "positions.ntk_aware": Case(given={"rotary_size": 6, "factor": 2.0}),
    "positions.yarn": Case(given={"rotary_size": 6, "factor": 2.0, "trained_length": 50}),
    "positions.bucket": Case(
        axes={"distance": "Tq Tk"}, given={"buckets": 8, "longest": 20, "causal": False}
    ),
}
