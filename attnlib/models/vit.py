"""The Vision Transformer: a picture is cut into patches, and patches are read like words
(Dosovitskiy et al., 2021, section 3.1 and figure 1).

    class of the picture
       ↑
     norm, then the [class] place alone
       ↑
    x + feed forward(norm(x))     ┐
       ↑                          │ layer × N
    x + self-attention(norm(x))   ┘
       ↑
    [class] and patches, projected, + position
       ↑
    ▦▦▦
    ▦▦▦
"""

from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn

from attnlib.checks import check_at_least, check_goes_with, checked
from attnlib.heads.multi_head import MultiHeadAttention
from attnlib.models._weights import Weights, check_settings, fill, without_prefix
from attnlib.positions.learned import LearnedPositions
from attnlib.vision import tiles


class ViT(nn.Module):
    """Logits of the class of each picture.

    - `classes`: how many there are. `side`: height and width of a picture, in pixels; `patch`: of a
      patch. `channels`: numbers per pixel.
    - `size`: E. `heads`: H. `layers`: N. `hidden`: of the feed-forward network.
    - `dropout_p`: of the embeddings and every sublayer's output, in training (appendix B.1).

    Raises ValueError when the side is not a multiple of the patch.
    """

    def __init__(
        self,
        classes: int,
        *,
        side: int = 224,
        patch: int = 16,
        channels: int = 3,
        size: int = 768,
        heads: int = 12,
        layers: int = 12,
        hidden: int = 3072,
        dropout_p: float = 0.1,
        norm_eps: float = 1e-6,
    ) -> None:
        super().__init__()
        check_at_least(1, "patch", patch)
        if side % patch:
            raise ValueError(f"side {side} does not divide into patches of {patch}")
        self.picture = (channels, side, side)
        self.patch = patch
        self.project = nn.Linear(channels * patch**2, size)
        self.class_token = nn.Parameter(torch.zeros(size))
        self.positions = LearnedPositions(size, longest=1 + (side // patch) ** 2)
        self.dropout = nn.Dropout(dropout_p)
        self.layers = nn.ModuleList(
            Layer(size, heads, hidden=hidden, dropout_p=dropout_p, norm_eps=norm_eps)
            for _ in range(layers)
        )
        self.norm = nn.LayerNorm(size, eps=norm_eps)
        self.logits = nn.Linear(size, classes)

    @checked
    def forward(self, pictures: Float[Tensor, "B C Y X"]) -> Float[Tensor, "B classes"]:
        """Raises ValueError for pictures of another shape."""
        return self.logits(self.states(pictures)[:, 0])

    @checked
    def states(self, pictures: Float[Tensor, "B C Y X"]) -> Float[Tensor, "B 1+N E"]:
        """A vector for the picture, at place 0, and for each patch, row after row."""
        if pictures.shape[1:] != self.picture:
            wanted = ", ".join(map(str, self.picture))
            raise ValueError(
                f"pictures must have the axes (B, {wanted}), got {tuple(pictures.shape)}"
            )
        check_goes_with("pictures", pictures, self.class_token)
        patches = self.project(cut(pictures, self.patch))
        token = self.class_token.expand(pictures.shape[0], 1, -1)
        x = self.dropout(self.positions(torch.cat((token, patches), dim=1)))
        for layer in self.layers:
            x = layer(x)
        return self.norm(x)


@checked
def cut(image: Float[Tensor, "B C Y X"], patch: int) -> Float[Tensor, "B N C*patch*patch"]:
    """The patches row after row, the numbers of each in a line: channel, row, column.

    Raises ValueError when the image does not divide into patches.
    """
    return tiles.cut(image, patch).flatten(2)


class Layer(nn.Module):
    """Self-attention, then a feed-forward network; a norm before each (equations 2 and 3)."""

    def __init__(
        self, size: int, heads: int, *, hidden: int, dropout_p: float, norm_eps: float
    ) -> None:
        super().__init__()
        self.self_attention_norm = nn.LayerNorm(size, eps=norm_eps)
        self.self_attention = MultiHeadAttention(size, heads)
        self.feed_forward_norm = nn.LayerNorm(size, eps=norm_eps)
        self.feed_forward = FeedForward(size, hidden)
        self.dropout = nn.Dropout(dropout_p)

    @checked
    def forward(self, x: Float[Tensor, "B T E"]) -> Float[Tensor, "B T E"]:
        x = x + self.dropout(self.self_attention(self.self_attention_norm(x)))
        return x + self.dropout(self.feed_forward(self.feed_forward_norm(x)))


class FeedForward(nn.Sequential):
    """gelu(x·W₁ + b₁)·W₂ + b₂ with gelu(x) = x·Φ(x), exact (Hendrycks & Gimpel, 2016)."""

    def __init__(self, size: int, hidden: int) -> None:
        super().__init__(nn.Linear(size, hidden), nn.GELU(), nn.Linear(hidden, size))


NAMES = {
    "embeddings.cls_token": "class_token",
    "embeddings.position_embeddings": "positions.table",
    "embeddings.patch_embeddings.projection": "project",
    "encoder.layer.*.layernorm_before": "layers.*.self_attention_norm",
    "encoder.layer.*.attention.attention.query": "layers.*.self_attention.query",
    "encoder.layer.*.attention.attention.key": "layers.*.self_attention.key",
    "encoder.layer.*.attention.attention.value": "layers.*.self_attention.value",
    "encoder.layer.*.attention.output.dense": "layers.*.self_attention.output",
    "encoder.layer.*.layernorm_after": "layers.*.feed_forward_norm",
    "encoder.layer.*.intermediate.dense": "layers.*.feed_forward.0",
    "encoder.layer.*.output.dense": "layers.*.feed_forward.2",
    "layernorm": "norm",
    "classifier": "logits",
    "pooler": None,  # a head for another task
}


DEFAULTS = {
    "image_size": 224,
    "patch_size": 16,
    "num_channels": 3,
    "hidden_size": 768,
    "num_hidden_layers": 12,
    "num_attention_heads": 12,
    "intermediate_size": 3072,
    "hidden_dropout_prob": 0.0,
    "layer_norm_eps": 1e-12,
    "id2label": {0: "LABEL_0", 1: "LABEL_1"},  # two classes are not written down
}


def from_transformers(weights: Weights, config: dict[str, Any]) -> ViT:
    """The ViT whose weights and config.json transformers reads too.

    Raises ValueError when weights are missing, unexpected or misshapen, or when the config asks for
    another computation.
    """
    config = {**DEFAULTS, **config}
    check_settings(config, hidden_act="gelu", qkv_bias=True)
    model = ViT(
        len(config["id2label"]),
        side=config["image_size"],
        patch=config["patch_size"],
        channels=config["num_channels"],
        size=config["hidden_size"],
        heads=config["num_attention_heads"],
        layers=config["num_hidden_layers"],
        hidden=config["intermediate_size"],
        dropout_p=config["hidden_dropout_prob"],
        norm_eps=config["layer_norm_eps"],
    )
    fill(model, _flat(without_prefix(weights, "vit.")), NAMES)
    return model.eval()


def _flat(weights: Weights) -> Weights:
    """Axes of size 1 dropped, and the convolution by whole patches written as the matrix it is."""
    flat = dict(weights)
    for name in ("embeddings.cls_token", "embeddings.position_embeddings"):
        if name in flat:
            flat[name] = flat[name].squeeze(0).squeeze(0)
    kernel = "embeddings.patch_embeddings.projection.weight"
    if kernel in flat:
        flat[kernel] = flat[kernel].flatten(1)
    return flat
