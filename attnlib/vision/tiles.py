"""Images: what layers ask of them; cut into square tiles, and put together again."""

from jaxtyping import Shaped
from torch import Tensor, nn

from attnlib.checks import check_goes_with, checked


@checked
def cut(image: Shaped[Tensor, "B C height width"], side: int) -> Shaped[Tensor, "B N C side side"]:
    """The tiles of `side` × `side` pixels, row by row. Raises ValueError when they do not fit."""
    height, width = image.shape[2:]
    if side < 1 or height % side or width % side:
        raise ValueError(f"image of {height} × {width} pixels does not divide into tiles of {side}")
    rows = image.unflatten(3, (-1, side)).unflatten(2, (-1, side))  # (B, C, rows, side, columns, …)
    return rows.permute(0, 2, 4, 1, 3, 5).flatten(1, 2)


@checked
def join(
    tiles: Shaped[Tensor, "B N C side side"], height: int, width: int
) -> Shaped[Tensor, "B C height width"]:
    """The image that `cut` was given."""
    side = tiles.shape[-1]
    if height % side or width % side or tiles.shape[1] != height // side * (width // side):
        raise ValueError(
            f"tiles has {tiles.shape[1]} squares of {side}, not an image of {height} × {width}"
        )
    rows = tiles.unflatten(1, (height // side, width // side)).permute(0, 3, 1, 4, 2, 5)
    return rows.flatten(4, 5).flatten(2, 3)


def check_image(
    image: Tensor, channels: int, layer: Tensor | nn.Module, name: str = "image"
) -> None:
    """Raise unless an `image` (B, C, height, width) has C channels and goes with a layer."""
    if image.shape[1] != channels or 0 in image.shape[2:]:
        raise ValueError(
            f"{name} must have the axes (B, {channels}, height, width), got {tuple(image.shape)}"
        )
    check_goes_with(name, image, layer)
