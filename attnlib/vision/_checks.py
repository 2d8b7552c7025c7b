"""What every layer over images asks of its input besides its axes."""

from torch import Tensor, nn

from attnlib.checks import check_goes_with


def check_image(
    image: Tensor, channels: int, layer: Tensor | nn.Module, name: str = "image"
) -> None:
    """Raise unless an `image` (B, C, height, width) has C channels and goes with a layer."""
    if image.shape[1] != channels or 0 in image.shape[2:]:
        raise ValueError(
            f"{name} must have the axes (B, {channels}, height, width), got {tuple(image.shape)}"
        )
    check_goes_with(name, image, layer)
