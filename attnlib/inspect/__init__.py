"""Look inside a model: record and score its heads, switch them off, find out who sees whom."""

from attnlib.inspect import induction
from attnlib.inspect._explore import Head, Heads, explore
from attnlib.inspect._rollout import rollout
from attnlib.inspect._value_norms import norm_weights, value_norms
from attnlib.inspect.ablation import head_counts, heads_off
from attnlib.inspect.gradients import gradient_attention, weight_gradients
from attnlib.inspect.head_scores import (
    entropy_score,
    induction_score,
    previous_token_score,
    self_score,
)
from attnlib.inspect.leaks import who_sees_whom
from attnlib.inspect.patching import heads_patched, record_heads
from attnlib.inspect.recording import AttentionMaps, record_attention

__all__ = [
    "AttentionMaps",
    "record_attention",
    "explore",
    "Heads",
    "Head",
    "induction",
    "induction_score",
    "previous_token_score",
    "self_score",
    "entropy_score",
    "rollout",
    "value_norms",
    "norm_weights",
    "weight_gradients",
    "gradient_attention",
    "head_counts",
    "heads_off",
    "record_heads",
    "heads_patched",
    "who_sees_whom",
]
