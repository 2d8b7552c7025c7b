"""Which implementation computes a call, chosen from static facts only, so that it compiles."""

import math
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from attnlib.checks import check_same_size, checked, in_forward_mode, may_read
from attnlib.kernels import KERNELS
from attnlib.kernels._native import is_faster
from attnlib.kernels._pieces import work
from attnlib.masks import Band, Mask, as_mask
from attnlib.normalizers import Normalizer, softmax
from attnlib.scores import Score, dot, scaled_dot


@dataclass(frozen=True)
class Plan:
    """The implementation taken, and why."""

    impl: str
    reason: str

    def __str__(self) -> str:
        return f"{self.impl}: {self.reason}"


EQUATION = Plan("reference", "asked for")
FORWARD = Plan("reference", "forward mode, which no fused kernel has")
DROPOUT = Plan("reference", "dropout on the CPU, where the fused kernel is slower")
NATIVE = Plan("native", "a mask that hides whole blocks, which C compiled here skips")
BANDED = Plan("banded", "a narrow window over a long sequence: its band alone")
FUSED = Plan("sdpa", "a dot product and softmax: PyTorch's fused kernel")

# Measured on a CPU: a call takes as long as so many multiplications and additions, laying a mask as
# long as a call, and using it a seventh of the time. A gain below that share is none.
CALL, MASKED, GAIN = 5e6, 1.15, 0.8
# From here on (measured on a CPU) a sliding window is worth computing as a band …
LONG, WIDTHS = 384, 2
# … and with the gradients, of which every key's come from several blocks.
LONG_LEARNED, WIDTHS_LEARNED = 1024, 4


def choose(
    impl: str,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    mask: Mask | None,
    bias: Tensor | None,
    score: Score,
    normalize: Normalizer,
    dropout_p: float,
) -> Plan:
    """The implementation for this call. Raises ValueError when the one asked for cannot do it."""
    if impl == "reference":
        return EQUATION
    if impl != "auto" and impl not in KERNELS:
        known = ", ".join(["auto", "reference", *KERNELS])
        raise ValueError(f"impl must be one of {known}; got {impl!r}")

    special = _beyond_kernels(score, normalize)
    if impl != "auto":
        if special:
            raise ValueError(f'impl="{impl}" cannot compute {special}; impl="reference" can')
        return Plan(impl, "asked for")
    if special:
        return Plan("reference", f"no fused kernel computes {special}")
    if in_forward_mode():
        return FORWARD
    if dropout_p > 0 and query.device.type == "cpu":
        return DROPOUT
    if mask is not None and bias is None:
        return _by_structure(mask, query, key, value) or FUSED
    return NATIVE if is_faster(query, key, mask) else FUSED


@checked
def explain(
    query: Float[Tensor, "B H Tq D"],
    key: Float[Tensor, "B G Tk Dk"],
    value: Float[Tensor, "B G Tk Dv"],
    *,
    mask: Mask | Bool[Tensor, "*BH #Tq #Tk"] | None = None,
    bias: Float[Tensor, "#B #H #Tq #Tk"] | None = None,
    score: Score = scaled_dot,
    normalize: Normalizer = softmax,
    scale: float | None = None,
    dropout_p: float = 0.0,
    impl: str = "auto",
) -> str:
    """Which implementation `attention` takes for the same arguments, and why, in one line."""
    plan = choose(impl, query, key, value, as_mask(mask), bias, score, normalize, dropout_p)
    if plan.impl != "reference":
        check_same_size(query, key)
    return str(plan)


def _beyond_kernels(score: Score, normalize: Normalizer) -> str | None:
    """What in this call only the reference computes, in words; None when kernels do."""
    if score is not scaled_dot and score is not dot:
        return f"the score {_name(score)}"
    if normalize is not softmax:
        return f"the normalizer {_name(normalize)}"
    return None


def _by_structure(mask: Mask, query: Tensor, key: Tensor, value: Tensor) -> Plan | None:
    """What computes less than all pairs, where that is faster."""
    if is_faster(query, key, mask):
        return NATIVE
    band = mask.band()
    if band is None:
        return _in_pieces(mask, query, key, value)
    return BANDED if _is_long_window(band, query, key) else None


def _is_long_window(band: Band, query: Tensor, key: Tensor) -> bool:
    """Lengths are not looked at while a graph is captured: it should hold for any."""
    if band.after != 0 or band.before == math.inf or torch.compiler.is_compiling():
        return False
    learned = torch.is_grad_enabled() and (query.requires_grad or key.requires_grad)
    long, widths = (LONG_LEARNED, WIDTHS_LEARNED) if learned else (LONG, WIDTHS)
    return 1 < query.shape[2] <= key.shape[2] >= max(long, widths * (band.before + 1))


def _in_pieces(mask: Mask, query: Tensor, key: Tensor, value: Tensor) -> Plan | None:
    """By the pieces of a mask, if it knows them here and they take less time than all in one."""
    if not query.numel() or not key.numel() or not may_read(query, key, value):
        return None
    batch, heads, query_length, head_size = query.shape
    pair = 2.0 * heads * (head_size + value.shape[3])
    every = batch * query_length * key.shape[2]
    whole = MASKED * every * pair + CALL
    if GAIN * whole < CALL and mask.sees_itself():  # it has two pieces at least
        return None
    known = mask.pieces(query_length, key.shape[2])
    if known is None or len(known) not in (1, batch):
        return None
    pairs, calls = work(known, batch)
    if pairs * pair + (calls - 1) * CALL >= GAIN * whole:
        return None
    cut = "1 piece" if calls == 1 else f"{calls} pieces"
    return Plan("pieces", f"a mask of {cut}, {pairs / every:.0%} of the work on all pairs")


def _name(thing: object) -> str:
    return getattr(thing, "__name__", type(thing).__name__)
