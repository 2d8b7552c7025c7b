"""attention and what is chosen in it: scores, normalizers, masks, and the kernels behind it."""

from functools import partial

import torch

from attnlib import scores
from attnlib.cosine import Cosine
from attnlib.entmax import Entmax
from attnlib.gumbel import Relaxed, StraightThrough
from attnlib.heads.sinks import LearnedSink
from attnlib.heads.talking import TalkingHeads
from attnlib.location import Location
from attnlib.location_sensitive import LocationSensitiveAttention
from attnlib.masks import Causal, Window
from attnlib.recording import Attend
from attnlib.retrieval.slots import Competition
from attnlib.soft_cap import SoftCap
from public_cases.case import Case

SCORE = {"given": {"scale": None}}
ALLOWED = {
    "axes": {"scores": "B H Tq Tk", "allowed": "#B #H #Tq #Tk"},
    "make": {"allowed": lambda x: x > -1.5},
}


CASES = {
    "attention.attention": Case(mean=True, axes={"bias": "#B #H #Tq #Tk"}),
    "attention.attention, by tiles": Case(mean=True, given={"impl": "tiled"}),
    "attention.attention, by the equation": Case(mean=True, given={"impl": "reference"}),
    "attention.attention, by PyTorch": Case(mean=True, given={"impl": "sdpa"}),
    "attention.attention, by a band": Case(
        mean=True, given={"impl": "banded", "mask": Causal() & Window(4)}
    ),
    "leaks.who_sees_whom": Case(given={"model": lambda x: x}, axes={"x": "T E", "other": "T E"}),
    "attention.weighted_sum": Case(),
    "attention.repeat_heads": Case(given={"heads": 4}),
    "attention.bias_rows": Case(given={"rows": slice(0, 2)}),
    "dispatch.explain": Case(axes={"query": "B H Tq D", "key": "B G Tk D", "value": "B G Tk Dv"}),
    "recording.Attend": Case(Attend, mean=True, axes={"bias": "#B #H #Tq #Tk"}),
    # scores
    "scores.scaled_dot": Case(),
    "scores.dot": Case(),
    "scores.General": Case(partial(scores.General, 8, 6), sizes={"K": 6}, fixed="D K", **SCORE),
    "scores.Additive": Case(
        partial(scores.Additive, 8, 6, 3), sizes={"K": 6}, fixed="D K", **SCORE
    ),
    "scores.GaussianKernel": Case(scores.GaussianKernel, **SCORE),
    "cosine.Cosine": Case(Cosine),
    "soft_cap.SoftCap": Case(partial(SoftCap, 2.0), **SCORE),
    "location.Location": Case(partial(Location, 8, 6), sizes={"K": 6}, fixed="D", **SCORE),
    "location_sensitive.LocationSensitiveAttention.step": Case(
        partial(LocationSensitiveAttention, 8, 7, 6, filters=2, width=3),
        sizes={"K": 7},
        fixed="D K",
        mean=True,
        axes={"last": "B H 1 Tk"},
        unhidden=("last",),
        make={"last": torch.abs},
    ),
    "location_sensitive.LocationSensitiveAttention": Case(
        partial(LocationSensitiveAttention, 8, 7, 6, filters=2, width=3),
        sizes={"K": 7},
        fixed="D K",
        mean=True,
    ),
    # normalizers
    "normalizers.softmax": Case(**ALLOWED),
    "normalizers.sigmoid": Case(**ALLOWED),
    "normalizers.hard": Case(**ALLOWED),
    "normalizers.neutral": Case(finite=False, **ALLOWED),
    "entmax.sparsemax": Case(**ALLOWED),
    "entmax.entmax15": Case(**ALLOWED),
    "entmax.Entmax": Case(partial(Entmax, 1.3), **ALLOWED),
    "gumbel.Relaxed": Case(Relaxed, **ALLOWED),
    "gumbel.StraightThrough": Case(StraightThrough, **ALLOWED),
    "gumbel.gumbel_noise": Case(),
    "heads.sinks.LearnedSink": Case(partial(LearnedSink, heads=4), fixed="H", **ALLOWED),
    "heads.talking.TalkingHeads": Case(
        partial(TalkingHeads, heads=4),
        fixed="H",
        axes={"scores": "B H Tq Tk", "allowed": "#B 1 #Tq #Tk"},
        make=ALLOWED["make"],
    ),
    "retrieval.slots.Competition": Case(
        partial(Competition, 3),
        fixed="N",
        sizes={"N": 3},
        axes={"allowed": "#B #H #N #Tk"},
        make=ALLOWED["make"],
    ),
    "online_softmax.online_softmax": Case(**ALLOWED),
}
