"""Three ways to read a digit of 8 × 8 pixels, with about equal numbers of parameters.

- `vit`: patches of 2 × 2 are words, and every word sees every other (Dosovitskiy et al., 2021).
- `swin`: pixels, then patches, see their window only; windows move and merge (Liu et al., 2021).
- `cnn`: the same 3 × 3 filters go over the whole picture. With `attend=True` squeeze and
  excitation weighs the channels after each (Hu et al., 2018).
"""

from collections.abc import Callable

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from attnlib.models.checkpoint import read
from attnlib.models.vit import FeedForward, ViT
from attnlib.vision.squeeze_excitation import SqueezeExcitation
from attnlib.vision.tiles import cut, join
from attnlib.vision.windows import WindowAttention

CLASSES, SIDE, PATCH = 10, 8, 2
LAYERS, HEADS = 3, 4  # of the ViT
POSITIONS = 0.5  # their spread at the start, as wide as the patches': 0.02 learns far more slowly


def vit(*, positions: bool = True) -> ViT:
    """Three layers of four heads over 16 patches and [class]; without positions when asked."""
    model = ViT(
        CLASSES, side=SIDE, patch=PATCH, channels=1,
        size=48, heads=HEADS, layers=LAYERS, hidden=96, dropout_p=0.0,
    )  # fmt: skip
    nn.init.normal_(model.positions.table, std=POSITIONS)
    if not positions:
        nn.init.zeros_(model.positions.requires_grad_(False).table)
    return model


class Swin(nn.Module):
    """8 × 8 pixels in windows of 4; every 2 × 2 merge into a patch; 4 × 4 patches in windows of 2.

    Each stage has two layers; the second one's windows are moved by half a window.
    """

    def __init__(self, sizes: tuple[int, int] = (28, 48), heads: tuple[int, int] = (2, 4)) -> None:
        super().__init__()
        fine, coarse = sizes
        self.project = nn.Linear(1, fine)
        self.pixels = nn.ModuleList(WindowLayer(fine, heads[0], 4, shift) for shift in (0, 2))
        self.merge_norm = nn.LayerNorm(4 * fine)
        self.merge = nn.Linear(4 * fine, coarse, bias=False)
        self.patches = nn.ModuleList(WindowLayer(coarse, heads[1], 2, shift) for shift in (0, 1))
        self.norm = nn.LayerNorm(coarse)
        self.logits = nn.Linear(coarse, CLASSES)

    def forward(self, pictures: Float[Tensor, "B 1 8 8"]) -> Float[Tensor, "B classes"]:
        x = self.project(pictures.permute(0, 2, 3, 1))  # (B, 8, 8, E)
        for layer in self.pixels:
            x = layer(x)
        tiles = cut(x.permute(0, 3, 1, 2), PATCH).flatten(2)  # (B, 16, 4E)
        x = self.merge(self.merge_norm(tiles)).unflatten(1, (SIDE // PATCH, -1))
        for layer in self.patches:
            x = layer(x)
        return self.logits(self.norm(x).mean(dim=(1, 2)))


class WindowLayer(nn.Module):
    """Attention inside windows, then a feed-forward network; a norm before each."""

    def __init__(self, size: int, heads: int, window: int, shift: int) -> None:
        super().__init__()
        self.window_norm = nn.LayerNorm(size)
        self.window = WindowAttention(size, heads, window=window, shift=shift)
        self.feed_forward_norm = nn.LayerNorm(size)
        self.feed_forward = FeedForward(size, 2 * size)

    def forward(self, x: Float[Tensor, "B Y X E"]) -> Float[Tensor, "B Y X E"]:
        seen = self.window(self.window_norm(x).permute(0, 3, 1, 2)).permute(0, 2, 3, 1)
        x = x + seen
        return x + self.feed_forward(self.feed_forward_norm(x))


def cnn(*, attend: bool = False) -> nn.Sequential:
    """Three layers of filters, the picture halved once; the mean over places is read out."""

    def layer(inputs: int, channels: int) -> list[nn.Module]:
        filters = nn.Conv2d(inputs, channels, 3, padding=1, bias=False)
        weighs = [SqueezeExcitation(channels, reduction=8)] if attend else []
        return [filters, nn.BatchNorm2d(channels), nn.ReLU(), *weighs]

    return nn.Sequential(
        *layer(1, 32),
        *layer(32, 56),
        nn.MaxPool2d(2),
        *layer(56, 80),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(80, CLASSES),
    )


KINDS: dict[str, Callable[[], nn.Module]] = {
    "vit": vit,
    "swin": Swin,
    "cnn": cnn,
    "cnn-se": lambda: cnn(attend=True),
    "vit-no-positions": lambda: vit(positions=False),
}


def untrained(kind: str, *, seed: int = 0) -> nn.Module:
    """A classifier with the random weights of `seed`. Raises ValueError for an unknown kind."""
    if kind not in KINDS:
        raise ValueError(f"kind must be one of {', '.join(KINDS)}; got {kind!r}")
    torch.manual_seed(seed)
    return KINDS[kind]()


def blank(images: Float[Tensor, "N 1 8 8"], places: Int[Tensor, "N K"]) -> Float[Tensor, "N 1 8 8"]:
    """The pictures with the patches at `places` of each, counted row after row, without ink."""
    kept = torch.ones(len(images), (SIDE // PATCH) ** 2).scatter(1, places, 0.0)
    return join(cut(images, PATCH) * kept[:, :, None, None, None], SIDE, SIDE)


def load_digits_vit() -> ViT:
    """The trained ViT of chapter 12: `python -m attnlib.training digits` makes it."""
    return read("digits_vit", vit())
