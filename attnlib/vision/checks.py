"""What every layer over images asks of its input."""

from torch import Tensor


def check_image(image: Tensor, channels: int) -> None:
    """Raise unless `image` is a floating-point tensor (B, C, height, width) with C channels."""
    if not isinstance(image, Tensor) or not image.dtype.is_floating_point:
        kind = image.dtype if isinstance(image, Tensor) else type(image).__name__
        raise TypeError(f"image must be a floating-point tensor, got {kind}")
    if image.dim() != 4 or image.shape[1] != channels or 0 in image.shape[2:]:
        raise ValueError(
            f"image must have the axes (B, {channels}, height, width), got {tuple(image.shape)}"
        )
