"""Deformable attention: look at a few places, and learn which (Zhu et al., 2020)."""

import math
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from attnlib.checks import check_at_least, check_sequence, checked, head_size_of
from attnlib.precision import at_least_float32
from attnlib.vision.tiles import check_image


class DeformableAttention(nn.Module):
    """Each query looks at P places of each of L maps around its own: no keys, no scores of pairs.

        outputₕ = Σ_l Σ_p weightₕₗₚ · value_l(place + offsetₕₗₚ)

    (equation 3). Offsets and weights are linear in the query; the weights pass a softmax over the
    L · P places of a head. `pixel_weights` writes them out as weights of all pixels.

    - `size`: E. `heads`: H. `levels`: L, maps of different resolution. `points`: P.

    At the start the weights are equal, and head h looks along the direction 2πh/H, 1 to P pixels
    far (appendix).
    Raises ValueError when E is not a multiple of H.
    """

    def __init__(self, size: int, heads: int, *, levels: int = 4, points: int = 4) -> None:
        super().__init__()
        head_size_of(size, heads)
        for name, number in (("levels", levels), ("points", points)):
            check_at_least(1, name, number)
        self.size, self.heads, self.shape = size, heads, (heads, levels, points)
        self.offsets = nn.Linear(size, heads * levels * points * 2)
        self.scores = nn.Linear(size, heads * levels * points)
        self.value = nn.Linear(size, size)
        self.output = nn.Linear(size, size)

        angle = torch.arange(heads) * (2 * math.pi / heads)
        direction = torch.stack((angle.cos(), angle.sin()), dim=-1)
        direction = direction / direction.abs().amax(dim=-1, keepdim=True)
        far = direction[:, None, None] * torch.arange(1, points + 1)[:, None]
        self.offsets.bias.data = far.expand(-1, levels, -1, -1).flatten().clone()
        for weight in (self.offsets.weight, self.scores.weight, self.scores.bias):
            nn.init.zeros_(weight)

    @checked
    def forward(
        self,
        x: Float[Tensor, "B Tq E"],
        places: Float[Tensor, "B Tq 2"],
        maps: Sequence[Float[Tensor, "B E height width"]],
    ) -> Float[Tensor, "B Tq E"]:
        """`places`: each query's own (x, y), from 0 at the left and top edge to 1."""
        heads, levels, _ = self.shape
        if len(maps) != levels:
            raise ValueError(f"maps are {len(maps)}, but levels is {levels}")
        for image in maps:
            check_image(image, self.size, self.value, "maps")
        sampled, weights = self.look(x, places, [image.shape[2:] for image in maps])
        values = [self.value(image.flatten(2).mT).mT.view_as(image) for image in maps]
        values = [image.unflatten(1, (heads, -1)) for image in values]
        seen = deformable_attention(values, sampled, weights)
        return self.output(seen.transpose(1, 2).flatten(2))

    @checked
    def look(
        self,
        x: Float[Tensor, "B Tq E"],
        places: Float[Tensor, "B Tq 2"],
        sizes: Sequence[Sequence[int]],
    ) -> tuple[Float[Tensor, "B H Tq L P 2"], Float[Tensor, "B H Tq L P"]]:
        """Where each query looks in maps of the `sizes` (height, width), and how much it takes."""
        check_sequence("x", x, self.value)
        pixels = torch.tensor([(width, height) for height, width in sizes], device=x.device)
        offsets = at_least_float32(self.offsets(x)).unflatten(-1, (*self.shape, 2)).transpose(1, 2)
        places = at_least_float32(places)[:, None, :, None, None]
        scores = at_least_float32(self.scores(x)).unflatten(-1, (self.shape[0], -1))
        weights = scores.softmax(dim=-1).unflatten(-1, self.shape[1:]).transpose(1, 2)
        return places + offsets / pixels[:, None], weights


@checked
def deformable_attention(
    values: Sequence[Float[Tensor, "B H D height width"]],
    places: Float[Tensor, "B H Tq L P 2"],
    weights: Float[Tensor, "B H Tq L P"],
) -> Float[Tensor, "B H Tq D"]:
    """Σ_l Σ_p weight · value_l(place). A place (x, y) runs from 0 to 1 over the map's width and
    height; between four pixels' centers it takes a bilinear mean of them, beyond the edges 0."""
    if len(values) != places.shape[3]:
        raise ValueError(f"values are {len(values)} maps, but places has {places.shape[3]}")
    for image in values:
        if 0 in image.shape[2:]:
            raise ValueError(f"values must have pixels, got a map of shape {tuple(image.shape)}")
    places = at_least_float32(places)
    seen = [
        F.grid_sample(
            at_least_float32(image).flatten(0, 1), 2 * place.flatten(0, 1) - 1, align_corners=False
        )
        for image, place in zip(values, places.unbind(3), strict=True)
    ]  # of each level: (B · H, D, Tq, P)
    points = torch.stack(seen, dim=-2).unflatten(0, places.shape[:2])  # (B, H, D, Tq, L, P)
    return (points * weights.unsqueeze(2)).sum(dim=(-2, -1)).mT.to(values[0].dtype)


@checked
def pixel_weights(
    sizes: Sequence[Sequence[int]],
    places: Float[Tensor, "B H Tq L P 2"],
    weights: Float[Tensor, "B H Tq L P"],
) -> Float[Tensor, "B H Tq S"]:
    """The same as weights of all S = Σ height · width pixels, the maps one after the other.

    They are made by looking at pictures of one bright pixel each.
    """
    levels = []
    for level, (height, width) in enumerate(sizes):
        bright = torch.eye(height * width, dtype=places.dtype, device=places.device)
        bright = bright.unflatten(1, (height, width)).expand(*places.shape[:2], -1, -1, -1)
        here = slice(level, level + 1)
        levels.append(
            deformable_attention([bright], places[..., here, :, :], weights[..., here, :])
        )
    return torch.cat(levels, dim=-1)
