"""How scores become weights: normalize(scores, allowed) → how much of each key.

Every normalizer works on the last axis, the keys, whatever stands in front: (B, H, Tq) in
`attention`. Where `allowed` is False the weight is exactly 0; a row with nothing allowed is all
zeros, and its gradients are finite."""

from attnlib.normalizers._sigmoid import Sigmoid, sigmoid
from attnlib.normalizers._signed import signed
from attnlib.normalizers._softmax import softmax
from attnlib.normalizers._softpick import softpick
from attnlib.normalizers._stick_breaking import stick_breaking
from attnlib.normalizers.argmax import hard
from attnlib.normalizers.competition import Competition
from attnlib.normalizers.entmax import Entmax, entmax15, sparsemax
from attnlib.normalizers.gumbel import Relaxed, StraightThrough, gumbel_noise
from attnlib.normalizers.head_mixing import HeadMixing
from attnlib.normalizers.length_scaled import LengthScaled, TemperatureTuned
from attnlib.normalizers.normalizer import Normalizer, neutral
from attnlib.normalizers.sink import LearnedSink
from attnlib.normalizers.talking import TalkingHeads

__all__ = [
    "Normalizer",
    "neutral",
    "softmax",
    "sigmoid",
    "Sigmoid",
    "softpick",
    "signed",
    "stick_breaking",
    "LengthScaled",
    "TemperatureTuned",
    "hard",
    "Entmax",
    "entmax15",
    "sparsemax",
    "Relaxed",
    "StraightThrough",
    "gumbel_noise",
    "LearnedSink",
    "TalkingHeads",
    "HeadMixing",
    "Competition",
]
