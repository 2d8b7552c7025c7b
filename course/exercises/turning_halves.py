"""RoPE with the halves as partners, as in Llama, with a bug to find: an exercise of chapter 08."""

import torch
from jaxtyping import Float, Int
from torch import Tensor

from course.exercises.in_code import in_code
from course.exercises.turning import at_places, stretched, turn


def turn_half(x: Float[Tensor, "T D"], places: Int[Tensor, " T"]) -> Float[Tensor, "T D"]:
    size = x.shape[-1]
    speed = 10_000 ** (-torch.arange(0, size, 2) / size)
    angle = places[:, None] * speed
    angle = torch.cat((angle, angle), dim=-1)
    first, second = x.chunk(2, dim=-1)
    return x * angle.cos() + torch.cat((-second, first), dim=-1) * angle.sin()


def _swapped(x: Tensor) -> Tensor:
    a, b = x.chunk(2, dim=-1)
    return torch.cat((-b, a), dim=-1)


def _angle(x: Tensor, places: Tensor) -> Tensor:
    size = x.shape[-1]
    return places[:, None] * 10_000 ** (-torch.arange(0, size, 2) / size)


def _as_given(x: Tensor, places: Tensor) -> Tensor:
    angle = _angle(x, places).repeat_interleave(2, dim=-1)
    return x * angle.cos() + _swapped(x) * angle.sin()


def _half_mended(x: Tensor, places: Tensor, *, cosine: bool) -> Tensor:
    angle = _angle(x, places)
    right, wrong = torch.cat((angle, angle), dim=-1), angle.repeat_interleave(2, dim=-1)
    first, second = (right, wrong) if cosine else (wrong, right)
    return x * first.cos() + _swapped(x) * second.sin()


def _unswapped(x: Tensor, places: Tensor) -> Tensor:
    angle = torch.cat((_angle(x, places),) * 2, dim=-1)
    a, b = x.chunk(2, dim=-1)
    return x * angle.cos() + torch.cat((b, a), dim=-1) * angle.sin()


TURN_HALF = in_code(
    turn_half,
    at_places,
    tolerance=1e-4,
    known={
        "this is the code as given, with its bug. Look at a vector's length before and after: two "
        "partners must turn by one angle.": _as_given,
        "that pairs neighbors, (0, 1), (2, 3), …: right for “interleaved”; here the partner of "
        "number n is number n + D/2.": turn,
        "the cosines are mended, the sines are not.": (
            lambda x, places: _half_mended(x, places, cosine=True)
        ),
        "the sines are mended, the cosines are not.": (
            lambda x, places: _half_mended(x, places, cosine=False)
        ),
        "you turned the other way: x cos a − y sin a, then x sin a + y cos a.": (
            lambda x, places: turn_half(x, -places)
        ),
        "both halves get + sin: the first needs x cos a − y sin a.": _unswapped,
        "your vectors are unchanged: nothing was turned.": lambda x, places: x,
    },
    shape="a turn keeps the shape (T, D)",
    place=lambda row, column: f"row {row}, number {column}",
    remark=stretched,
    advice="the lengths are right, the numbers are not.",
    also={
        "lengths of the vectors changed": lambda x, places: 2 * turn_half(x, places),
        "keeps the shape": lambda x, places: turn_half(x, places).flatten(),
        "numbers are not": lambda x, places: turn_half(x, places + 1),
    },
    praise="One angle for number n and for its partner, number n + D/2.",
)
