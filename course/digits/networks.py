"""Three ways to read a digit of 8 × 8 pixels, with about equal numbers of parameters.

- `vit`: patches of 2 × 2 are words, and every word sees every other (Dosovitskiy et al., 2021).
- `swin`: a word sees its window only; the windows move, and four words merge (Liu et al., 2021).
- `cnn`: the same 3 × 3 filters go over the whole picture. With `attend=True` squeeze and
  excitation weighs the channels after each (Hu et al., 2018).
"""

from collections.abc import Callable
from pathlib import Path

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from attnlib.checks import check_goes_with, checked
from attnlib.models.vit import FeedForward, ViT
from attnlib.vision.squeeze_excitation import SqueezeExcitation
from attnlib.vision.tiles import cut, join
from attnlib.vision.windows import WindowAttention
from course.checkpoints import CHECKPOINTS, details, read

CLASSES, SIDE, PATCH = 10, 8, 2
ACROSS = SIDE // PATCH  # patches side by side
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
    """4 × 4 patches in windows of 2, twice; every four merge into one; these 2 × 2 see one another.

    The second layer's windows are moved by one patch, half a window.
    """

    def __init__(self, size: int = 32, merged: int = 64) -> None:
        super().__init__()
        self.project = nn.Linear(PATCH**2, size)
        self.patches = nn.ModuleList(WindowLayer(size, shift) for shift in (0, 1))
        self.merge_norm = nn.LayerNorm(4 * size)
        self.merge = nn.Linear(4 * size, merged, bias=False)
        self.whole = WindowLayer(merged, 0)
        self.norm = nn.LayerNorm(merged)
        self.logits = nn.Linear(merged, CLASSES)

    @checked
    def forward(self, pictures: Float[Tensor, "B 1 8 8"]) -> Float[Tensor, "B classes"]:
        check_goes_with("pictures", pictures, self.merge)
        x = self.project(cut(pictures, PATCH).flatten(2)).unflatten(1, (ACROSS, ACROSS))
        for layer in self.patches:
            x = layer(x)  # (B, 4, 4, E)
        fours = cut(x.permute(0, 3, 1, 2), 2).flatten(2)  # (B, 4, 4E)
        x = self.whole(self.merge(self.merge_norm(fours)).unflatten(1, (2, 2)))
        return self.logits(self.norm(x).mean(dim=(1, 2)))


class WindowLayer(nn.Module):
    """Attention inside windows of 2 × 2, then a feed-forward network; a norm before each."""

    def __init__(self, size: int, shift: int) -> None:
        super().__init__()
        self.window_norm = nn.LayerNorm(size)
        self.window = WindowAttention(size, HEADS, window=2, shift=shift)
        nn.init.normal_(self.window.table, std=POSITIONS)
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
    kept = torch.ones(len(images), ACROSS**2).scatter(1, places, 0.0)
    return join(cut(images, PATCH) * kept[:, :, None, None, None], SIDE, SIDE)


def load(name: str = "digits_vit", folder: Path = CHECKPOINTS) -> nn.Module:
    """The trained network `name`: `python -m course.training digits` makes it.

    Raises ValueError when there is no such checkpoint, or it does not fit its json.
    """
    return read(name, untrained(details(name, folder)["kind"]), folder)
