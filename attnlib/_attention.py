"""The one equation: softmax(QKᵀ/√D) · V, and everything that can be chosen in it.

    scores  = score(query, key) + bias              who fits whom
    weights = normalize(scores where mask allows)   how much of each
    output  = weights · value                       the weighted sum

Every type of softmax attention is a choice of score, mask and normalizer here.
"""

import torch.nn.functional as F
from jaxtyping import Bool, Float
from torch import Tensor

from attnlib._equation import allowed_rows, seen_scores, weights_of
from attnlib.attended import Attended
from attnlib.checks import check_number, check_same_size, check_share, checked
from attnlib.dispatch import choose
from attnlib.kernels import KERNELS
from attnlib.layout import repeat_heads
from attnlib.masks import Mask
from attnlib.masks._laying import blank_unseen, kept, laid_once
from attnlib.normalizers import Normalizer, softmax
from attnlib.precision import at_least_float32, autocast_to, no_autocast
from attnlib.scores import Score, scaled_dot
from attnlib.scores.dot_products import scale_of

ALL = slice(None)


@checked(one_dtype=True)
def attention(
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
) -> Attended:
    """Let each query take a weighted sum of the values, weighted by how well their keys fit it.

        output = softmax(query · keyᵀ · scale + bias) · value

    (Vaswani et al., 2017, equation 1.) Self-attention takes query, key and value from one sequence,
    cross-attention from two. With G < H key heads, query head h uses key head h // (H/G)
    (Ainslie et al., 2023).

    - `mask`: who may look at whom; a Mask, or booleans where True means *may attend*. A query with
      nothing to attend to gets weights 0 and output 0, and neither it nor a key that no query may
      see is ever read.
    - `bias`: added to the scores, before the mask. −∞ hides a key as a mask does.
    - `score`, `normalize`: see `attnlib.scores` and `attnlib.normalizers`.
    - `scale`: multiplies the score; None means the score's own, 1/√D for the scaled dot product.
    - `dropout_p`: the probability of dropping a weight.
    - `impl`: "reference" is the equation above, which keeps its weights where nothing learns;
      "sdpa" is PyTorch's fused kernel for it; "banded" computes a sliding window alone,
      `Causal() & Window(W)`, "pieces" documents, padded sequences and blocks one by one; "tiled"
      (FlashAttention), "chunked" (Rabe & Staats) and "split" (Flash-Decoding) are written out, for
      reading; their own sizes are options of `kernels.tiled`, …; "native" is FlashAttention in C,
      for bands and padding on the CPU, compiled once by `python -m attnlib.kernels.in_c`, and
      "triton" the same for GPUs.

      "auto" takes the first line that holds:

      - a score other than the dot products, or a normalizer other than softmax: reference
      - in forward mode (`torch.func.jvp`, `jacfwd`, `hessian`): reference
      - dropout on the CPU, where the fused kernel is slower: reference
      - `Causal`, `Window`, `Padding` and what & makes of them, float32 on the CPU, no bias, Tq at
        least 64 and Tk · D at least 8192 (16384 where gradients are wanted), no graph being
        captured, and "native" compiled: native
      - `Causal() & Window(W)`, no bias, 1 < Tq ≤ Tk, Tk at least 384 and 2 W (1024 and 4 W where
        gradients are wanted), no graph being captured: banded
      - no bias, and a mask that is computed faster piece by piece (documents, padding, blocks, a
        prefix), where values may be read: on the CPU, in no graph, transform or mode: pieces
      - otherwise: sdpa

      An implementation that cannot do what is asked raises and says what can; `explain(…)` tells
      which is taken. Fused kernels have no second derivative: ask for "reference" where you need
      one. float16 on the CPU is computed in float32. Under autocast query, key, value and bias are
      taken, and the output given, in autocast's type.

        >>> query = key = value = torch.eye(2).view(1, 1, 2, 2)  # B = H = 1, two tokens, D = 2
        >>> seen = attention(query, key, value, mask=Causal())
        >>> seen.weights[0, 0]
        tensor([[1.0000, 0.0000],
                [0.3302, 0.6698]])

    Returns an Attended: `.output` (B, H, Tq, Dv) at once; `.weights`, `.scores` when first read.
    Raises TypeError or ValueError naming the argument when types, shapes or devices do not fit.
    """
    check_number("scale", scale)
    check_share("dropout_p", dropout_p)
    dtype = autocast_to(query)
    if dtype is not None:
        query, key, value = query.to(dtype), key.to(dtype), value.to(dtype)
        bias = None if bias is None else bias.to(dtype)
    laid = None if mask is None else laid_once(mask)
    mask = None if laid is None else laid.mask
    plan = choose(impl, query, key, value, laid, bias, score, normalize, dropout_p)

    weights = None
    if plan.impl == "reference":
        allowed = allowed_rows(query, key, laid, bias, ALL)
        scores = seen_scores(query, key, bias, score, scale, allowed, ALL)
        weights = weights_of(scores, allowed, score, normalize)
        clear = value if allowed is None else blank_unseen(value, allowed)
        output = weighted_sum(F.dropout(weights, dropout_p), clear)
    else:
        check_same_size(query, key)
        factor = scale_of(score, scale, query.shape[-1])
        output = KERNELS[plan.impl](
            query, key, value, mask=laid, bias=bias, scale=factor, dropout_p=dropout_p
        )
    seen = Attended(
        query, key, value, mask, bias, score, normalize, scale, output, plan, kept(laid), dtype
    )
    if weights is not None and not (weights.requires_grad or seen.unfinished):
        vars(seen)["weights"] = weights
    return seen


@checked
def weighted_sum(
    weights: Float[Tensor, "B H Tq Tk"], value: Float[Tensor, "B G Tk Dv"]
) -> Float[Tensor, "B H Tq Dv"]:
    """weights · value, summed in float32 at least and given back in the value's own type."""
    heads = repeat_heads(at_least_float32(value), weights.shape[1])
    with no_autocast(value):
        return (at_least_float32(weights) @ heads).to(value.dtype)
