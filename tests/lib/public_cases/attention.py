"""attention and what is chosen in it: scores, normalizers, masks, and the kernels behind it."""

from functools import partial

import torch
from native import BUILT

from attnlib import Attend, scores
from attnlib.heads.location_sensitive import LocationSensitiveAttention
from attnlib.masks import Causal, Prefix, Window
from attnlib.normalizers import (
    Competition,
    LearnedSink,
    LengthScaled,
    Sigmoid,
    TemperatureTuned,
)
from attnlib.normalizers.entmax import Entmax
from attnlib.normalizers.gumbel import Relaxed, StraightThrough
from attnlib.normalizers.talking import TalkingHeads
from attnlib.scores.cosine import Cosine
from attnlib.scores.location import Location
from attnlib.scores.soft_cap import SoftCap
from public_cases.case import Case

SCORE = {"given": {"scale": None}}
ALLOWED = {
    "axes": {"scores": "B H Tq Tk", "allowed": "#B #H #Tq #Tk"},
    "make": {"allowed": lambda x: x > -1.5},
}

IN_C = Case(mean=True, given={"impl": "native", "mask": Causal()})

CASES = {
    "attention": Case(mean=True, axes={"bias": "#B #H #Tq #Tk"}),
    "attention, by tiles": Case(mean=True, given={"impl": "tiled"}),
    "attention, by the equation": Case(mean=True, given={"impl": "reference"}),
    "attention, by PyTorch": Case(mean=True, given={"impl": "sdpa"}),
    "attention, by chunks": Case(mean=True, given={"impl": "chunked"}),
    "attention, by splits": Case(mean=True, given={"impl": "split"}),
    "attention, by a band": Case(mean=True, given={"impl": "banded", "mask": Causal() & Window(4)}),
    **({"attention, in C": IN_C} if BUILT else {}),
    "attention, piece by piece": Case(mean=True, given={"impl": "pieces", "mask": Prefix(2)}),
    "inspect.who_sees_whom": Case(given={"model": lambda x: x}, axes={"x": "T E", "other": "T E"}),
    "inspect.previous_token_score": Case(),
    "inspect.self_score": Case(),
    "inspect.entropy_score": Case(make={"weights": lambda x: x.softmax(dim=-1)}),
    "inspect.induction_score": Case(make={"tokens": lambda x: (x > 0).long()}),
    "inspect.rollout": Case(make={"weights": lambda x: x.softmax(dim=-1)}),
    "inspect.value_norms": Case(given={"heads": 4}, sizes={"HD": 32}, fixed="HD D"),
    "weighted_sum": Case(),
    "layout.repeat_heads": Case(given={"heads": 4}),
    "layout.bias_rows": Case(given={"rows": slice(0, 2)}),
    "explain": Case(axes={"query": "B H Tq D", "key": "B G Tk D", "value": "B G Tk Dv"}),
    "Attend": Case(Attend, mean=True, axes={"bias": "#B #H #Tq #Tk"}),
    # scores
    "scores.scaled_dot": Case(),
    "scores.dot": Case(),
    "scores.General": Case(partial(scores.General, 8, 6), sizes={"K": 6}, fixed="D K", **SCORE),
    "scores.Additive": Case(
        partial(scores.Additive, 8, 6, 3), sizes={"K": 6}, fixed="D K", **SCORE
    ),
    "scores.GaussianKernel": Case(scores.GaussianKernel, **SCORE),
    "scores.Cosine": Case(Cosine),
    "scores.SoftCap": Case(partial(SoftCap, 2.0), **SCORE),
    "scores.Location": Case(partial(Location, 8, 6), sizes={"K": 6}, fixed="D", **SCORE),
    "heads.LocationSensitiveAttention.step": Case(
        partial(LocationSensitiveAttention, 8, 7, hidden_size=6, filters=2, width=3),
        sizes={"K": 7},
        fixed="D K",
        mean=True,
        axes={"last": "B H 1 Tk"},
        unhidden=("last",),
        make={"last": torch.abs},
    ),
    "heads.LocationSensitiveAttention": Case(
        partial(LocationSensitiveAttention, 8, 7, hidden_size=6, filters=2, width=3),
        sizes={"K": 7},
        fixed="D K",
        mean=True,
    ),
    # normalizers
    "normalizers.softmax": Case(**ALLOWED),
    "normalizers.sigmoid": Case(**ALLOWED),
    "normalizers.Sigmoid": Case(partial(Sigmoid, 7), **ALLOWED),
    "normalizers.softpick": Case(**ALLOWED),
    "normalizers.signed": Case(**ALLOWED),
    "normalizers.stick_breaking": Case(**ALLOWED),
    "normalizers.LengthScaled": Case(partial(LengthScaled, heads=4), fixed="H", **ALLOWED),
    "normalizers.TemperatureTuned": Case(partial(TemperatureTuned, 2, 0.5), **ALLOWED),
    "normalizers.hard": Case(**ALLOWED),
    "normalizers.neutral": Case(finite=False, **ALLOWED),
    "normalizers.sparsemax": Case(**ALLOWED),
    "normalizers.entmax15": Case(**ALLOWED),
    "normalizers.Entmax": Case(partial(Entmax, 1.3), **ALLOWED),
    "normalizers.Relaxed": Case(Relaxed, **ALLOWED),
    "normalizers.StraightThrough": Case(StraightThrough, **ALLOWED),
    "normalizers.gumbel_noise": Case(),
    "normalizers.LearnedSink": Case(partial(LearnedSink, heads=4), fixed="H", **ALLOWED),
    "normalizers.TalkingHeads": Case(
        partial(TalkingHeads, heads=4),
        fixed="H",
        axes={"scores": "B H Tq Tk", "allowed": "#B 1 #Tq #Tk"},
        make=ALLOWED["make"],
    ),
    "normalizers.Competition": Case(
        partial(Competition, 3),
        fixed="N",
        sizes={"N": 3},
        axes={"allowed": "#B #H #N #Tk"},
        make=ALLOWED["make"],
    ),
    "kernels.online_softmax": Case(**ALLOWED),
}
