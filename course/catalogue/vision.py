"""Attention over images."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from attnlib.heads.multi_head import MultiHeadAttention
from attnlib.layout import merge_heads
from attnlib.masks import Document
from attnlib.vision.axial import AxialAttention
from attnlib.vision.deformable import DeformableAttention, pixel_weights
from attnlib.vision.patches import PatchEmbedding
from attnlib.vision.windows import WindowAttention, window_labels
from course.catalogue.entry import Entry, Limit

TESTS = "tests/lib/oracles/test_vision.py"


def pixels(image: Tensor) -> Tensor:
    return image.flatten(2).mT


def patches(image: Tensor) -> Tensor:
    tokens = PatchEmbedding(16, channels=4, patch=4, patches=4).to(image)(image)
    return MultiHeadAttention(16, heads=4).to(image)(tokens)


def patches_by_convolution(image: Tensor) -> Tensor:
    layer = PatchEmbedding(16, channels=4, patch=4, patches=4).to(image)
    kernel = layer.project.weight.unflatten(1, (4, 4, 4))
    words = pixels(F.conv2d(image, kernel, layer.project.bias, stride=4))
    tokens = torch.cat((layer.token.expand(image.shape[0], -1, -1), words), dim=1) + layer.positions
    return MultiHeadAttention(16, heads=4).to(image)(tokens)


def windows(image: Tensor, window: int = 4, shift: int = 2) -> Tensor:
    return WindowAttention(4, heads=2, window=window, shift=shift).to(image)(image)


def windows_as_a_mask(image: Tensor) -> Tensor:
    """The same without cutting: all pixels, a mask of windows, a bias from each pair's offset."""
    layer = WindowAttention(4, heads=2, window=4, shift=2).to(image)
    place = torch.arange(64, device=image.device)
    down = (place[:, None] // 8 - place // 8).clamp(-3, 3) + 3
    right = (place[:, None] % 8 - place % 8).clamp(-3, 3) + 3
    query, key, value = layer.layer.project(pixels(image))
    mask = Document(window_labels(8, 8, window=4, shift=2).flatten())
    seen = layer.layer.attend(query, key, value, mask=mask, bias=layer.table[:, down, right][None])
    return layer.layer.output(merge_heads(seen.output)).mT.view_as(image)


def one_window(image: Tensor) -> Tensor:
    layer = WindowAttention(4, heads=2, window=8).to(image)
    nn.init.zeros_(layer.table)
    return layer(image)


def all_pixels(image: Tensor) -> Tensor:
    return MultiHeadAttention(4, heads=2).to(image)(pixels(image)).mT.view_as(image)


def axial(image: Tensor) -> Tensor:
    return AxialAttention(4, heads=2).to(image)(image)


def axial_as_masks(image: Tensor) -> Tensor:
    layer = AxialAttention(4, heads=2).to(image)
    place = torch.arange(64)
    by_row = layer.rows(pixels(image), mask=Document(place // 8))
    return layer.columns(by_row, mask=Document(place % 8)).mT.view_as(image)


def deformable_inputs(image: Tensor) -> tuple[Tensor, Tensor, list[Tensor]]:
    """Queries are pixels, each at its own place, that look at the image and at its half."""
    center = (torch.arange(8, device=image.device) + 0.5) / 8
    places = torch.cartesian_prod(center, center).flip(-1).expand(image.shape[0], -1, -1)
    return pixels(image), places.to(image), [image, F.avg_pool2d(image, 2)]


def deformable_layer(image: Tensor) -> DeformableAttention:
    layer = DeformableAttention(4, heads=2, levels=2, points=3)
    nn.init.normal_(layer.offsets.weight)
    nn.init.normal_(layer.scores.weight)
    return layer.to(image)


def deformable(image: Tensor) -> Tensor:
    layer = deformable_layer(image)
    return layer(*deformable_inputs(image))


def deformable_by_pixels(image: Tensor) -> Tensor:
    """The same with a weight for every pixel."""
    layer = deformable_layer(image)
    x, places, maps = deformable_inputs(image)
    sizes = [level.shape[2:] for level in maps]
    weights = pixel_weights(sizes, *layer.look(x, places, sizes))
    values = layer.value(torch.cat([pixels(level) for level in maps], dim=1))
    return layer.output(merge_heads(weights @ values.unflatten(-1, (2, -1)).transpose(1, 2)))


ENTRIES: list[Entry] = [
    Entry(
        name="Patches (ViT)",
        tier=2,
        cite="dosovitskiy2020",
        formula=r"[x_{class};\,p_1W;\dots;p_NW] + P",
        time="N² · D",
        memory="N · D (fused), N² (weights read)",
        implementation=PatchEmbedding,
        example=patches,
        inputs="image",
        oracle="transformers ViTEmbeddings and ViTAttention",
        test=f"{TESTS}::test_attention_over_patches_equals_vit",
        forms={"convolution": patches_by_convolution},
    ),
    Entry(
        name="Shifted windows (Swin)",
        tier=2,
        cite="liu2021",
        formula=r"\mathrm{softmax}(QK^\top/\sqrt{D} + B)\,V\\ \text{in each } W\times W",
        time="T · W² · D",
        memory="T · D (fused), T · W² (here)",
        implementation=WindowAttention,
        example=windows,
        inputs="image",
        oracle="transformers SwinLayer",
        test=f"{TESTS}::test_shifted_windows_equal_swin",
        forms={"one masked attention over all pixels": windows_as_a_mask},
        limits=(Limit("one window, B = 0 is attention over pixels", one_window, all_pixels),),
    ),
    Entry(
        name="Axial attention",
        tier=2,
        cite="ho2019",
        formula=r"A_{columns}(A_{rows}(x))",
        time="T · (height + width) · D",
        memory="T · D (fused), T · (height + width) (weights read)",
        implementation=AxialAttention,
        example=axial,
        inputs="image",
        oracle="nn.MultiheadAttention with masks of rows and columns",
        test=f"{TESTS}::test_axial_attention_equals_pytorch_with_masks",
        forms={"two masked attentions over all pixels": axial_as_masks},
    ),
    Entry(
        name="Deformable attention",
        tier=3,
        cite="zhu2020",
        formula=r"\sum_l\sum_p a_{lp}\,V_l(\hat p + \Delta_{lp})",
        time="Tq · L · P · D",
        memory="Tq · L · P · D",
        implementation=DeformableAttention,
        example=deformable,
        inputs="image",
        oracle="transformers DeformableDetrMultiscaleDeformableAttention",
        test=f"{TESTS}::test_deformable_attention_equals_deformable_detr",
        forms={"a weight for every pixel": deformable_by_pixels},
    ),
]
