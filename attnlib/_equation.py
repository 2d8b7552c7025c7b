"""The equation's first lines, of all queries or of some: where they look, and how keys fit them."""

from jaxtyping import Bool, Float
from torch import Tensor

from attnlib.checks import in_forward_mode, is_followed
from attnlib.layout import bias_rows, repeat_heads
from attnlib.masks import Mask
from attnlib.masks._laying import blank_unseen, lay, visible
from attnlib.normalizers import Normalizer, softmax
from attnlib.normalizers._softmax import softmax_in_place
from attnlib.precision import at_least_float32
from attnlib.scores import Score, dot, scaled_dot


def allowed_rows(
    query: Float[Tensor, "B H Tq D"],
    key: Float[Tensor, "B G Tk D"],
    mask: Mask | None,
    bias: Float[Tensor, "#B #H #Tq #Tk"] | None,
    rows: slice,
) -> Bool[Tensor, "#B #H #R #Tk"] | None:
    """Where mask and bias (not −∞) let some queries look; None when there is neither."""
    laid = None if mask is None else lay(mask, query, key, rows)
    return visible(laid, None if bias is None else bias_rows(bias, rows))


def seen_scores(
    query: Float[Tensor, "B H Tq D"],
    key: Float[Tensor, "B G Tk D"],
    bias: Float[Tensor, "#B #H #Tq #Tk"] | None,
    score: Score,
    scale: float | None,
    allowed: Bool[Tensor, "#B #H #R #Tk"] | None,
    rows: slice,
) -> Float[Tensor, "B H R Tk"]:
    """The scores of some queries, right wherever `allowed`: what nobody sees is not read."""
    query = query[:, :, rows]
    if allowed is not None:
        query, key = blank_unseen(query, allowed.mT), blank_unseen(key, allowed)
    scores = at_least_float32(score(query, repeat_heads(key, query.shape[1]), scale))
    return scores if bias is None else scores + bias_rows(bias, rows)


def weights_of(
    scores: Tensor, allowed: Tensor | None, score: Score, normalize: Normalizer
) -> Tensor:
    """The scores normalized, in place if they are made here and nothing learns or looks on."""
    made_here = score in (scaled_dot, dot) and normalize is softmax
    if made_here and not (scores.requires_grad or is_followed() or in_forward_mode()):
        return softmax_in_place(scores, allowed)
    return normalize(scores, allowed)
