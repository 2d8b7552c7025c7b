"""Attention in the stages of an image pyramid, and what stands in its place there."""

from torch import Tensor, nn

from attnlib.heads.multi_head import MultiHeadAttention
from attnlib.vision.convolutional_projection import ConvolutionalProjectionAttention
from attnlib.vision.cross_covariance import CrossCovarianceAttention
from attnlib.vision.focal_modulation import FocalModulation
from attnlib.vision.mask_units import MaskUnitAttention
from attnlib.vision.spatial_reduction import SpatialReductionAttention
from course.catalogue.entry import Entry, Limit
from course.catalogue.vision import all_pixels, pixels

TESTS = "tests/lib/oracles/test_image_stages.py"


def reduced(image: Tensor, reduction: int = 2) -> Tensor:
    return SpatialReductionAttention(4, heads=2, reduction=reduction).to(image)(image)


def not_reduced(image: Tensor) -> Tensor:
    return reduced(image, reduction=1)


def around(image: Tensor) -> Tensor:
    return ConvolutionalProjectionAttention(4, heads=2).to(image).eval()(image)


def nothing_around(image: Tensor) -> Tensor:
    """Filters that take the pixel in their middle alone, and norms that change nothing."""
    layer = ConvolutionalProjectionAttention(4, heads=2, stride=1).to(image).eval()
    for part in layer.modules():
        if isinstance(part, nn.Conv2d):
            nn.init.dirac_(part.weight, groups=4)
        elif isinstance(part, nn.BatchNorm2d):
            part.eps = 0.0
    return layer(image)


def covariances(image: Tensor) -> Tensor:
    return CrossCovarianceAttention(4, heads=2).to(image)(image)


def alike(image: Tensor) -> Tensor:
    """A sharpness of 0: every channel of a head becomes their mean."""
    layer = CrossCovarianceAttention(4, heads=2).to(image)
    nn.init.zeros_(layer.sharpness)
    return layer(image)


def means_of_channels(image: Tensor) -> Tensor:
    layer = MultiHeadAttention(4, heads=2).to(image)
    means = layer.value(pixels(image)).unflatten(2, (2, 2)).mean(dim=3)
    return layer.output(means.repeat_interleave(2, dim=2)).mT.view_as(image)


def units(image: Tensor, window: int = 4, stride: int = 2) -> Tensor:
    return MaskUnitAttention(4, heads=2, window=window, stride=stride).to(image)(image)


def one_unit(image: Tensor) -> Tensor:
    return units(image, window=8, stride=1)


def focal(image: Tensor) -> Tensor:
    return FocalModulation(4, levels=2).to(image)(image)


def closed(image: Tensor) -> Tensor:
    """All gates at 0: what is around a pixel counts for nothing."""
    layer = FocalModulation(4, levels=2).to(image)
    nn.init.zeros_(layer.gate.weight)
    nn.init.zeros_(layer.gate.bias)
    return layer(image)


def scaled_alike(image: Tensor) -> Tensor:
    layer = FocalModulation(4, levels=2).to(image)
    queries = layer.query(pixels(image)) * layer.modulator.bias
    return layer.output(queries).mT.view_as(image)


ENTRIES: list[Entry] = [
    Entry(
        name="Spatial reduction (PVT)",
        tier=2,
        cite="wang2021",
        formula=r"\mathrm{softmax}(Q\,K(c)^\top/\sqrt{D})\,V(c),\\ "
        r"c = \mathrm{norm}\left(\mathrm{tiles}_R(x)\,W_S\right)",
        time="T²/R² · D",
        memory="T · D (fused), T²/R² (weights read)",
        implementation=SpatialReductionAttention,
        example=reduced,
        inputs="image",
        oracle="transformers PvtAttention",
        test=f"{TESTS}::test_spatial_reduction_equals_pvt",
        limits=(Limit("R = 1 is attention over pixels", not_reduced, all_pixels),),
    ),
    Entry(
        name="Convolutional projections (CvT)",
        tier=3,
        cite="wu2021",
        formula=r"\mathrm{softmax}\left((F_q * x)W_q\,((F_k * x)W_k)^\top/\sqrt{D}\right)"
        r"(F_v * x)W_v",
        time="T²/s² · D",
        memory="T · D (fused), T²/s² (weights read)",
        implementation=ConvolutionalProjectionAttention,
        example=around,
        inputs="image",
        oracle="transformers CvtAttention",
        test=f"{TESTS}::test_convolutional_projections_equal_cvt",
        limits=(Limit("filters of one pixel: attention over pixels", nothing_around, all_pixels),),
    ),
    Entry(
        name="Cross-covariance attention (XCiT)",
        tier=3,
        cite="elnouby2021",
        formula=r"V\,\mathrm{softmax}\left(\tau\,\hat Q^\top\hat K\right)^\top",
        time="T · D²",
        memory="T · D + D²",
        implementation=CrossCovarianceAttention,
        example=covariances,
        inputs="image",
        oracle="F.scaled_dot_product_attention with channels as tokens",
        test=f"{TESTS}::test_cross_covariance_equals_pytorch_with_channels_as_tokens",
        limits=(Limit("τ = 0 is the mean of each head's channels", alike, means_of_channels),),
    ),
    Entry(
        name="Mask units (Hiera)",
        tier=3,
        cite="ryali2023",
        formula=r"\mathrm{softmax}\left(\max_{s\times s}(Q)\,K^\top/\sqrt{D}\right)V"
        r"\\ \text{in each } W\times W",
        time="T · W²/s² · D",
        memory="T · D (fused), T · W²/s² (weights read)",
        implementation=MaskUnitAttention,
        example=units,
        inputs="image",
        oracle="transformers HieraMaskUnitAttention",
        test=f"{TESTS}::test_mask_units_equal_hiera",
        limits=(Limit("one unit, s = 1 is attention over pixels", one_unit, all_pixels),),
    ),
    Entry(
        name="Focal modulation",
        tier=3,
        cite="yang2022",
        formula=r"\left(q\odot h\left(\textstyle\sum_\ell g_\ell\,z_\ell\right)\right)W_o,\\ "
        r"z_\ell = \mathrm{GELU}(F_\ell * z_{\ell-1})",
        time="T · L · k² · D",
        memory="T · L · D",
        implementation=FocalModulation,
        example=focal,
        inputs="image",
        oracle="transformers FocalNetModulation",
        test=f"{TESTS}::test_focal_modulation_equals_focalnet",
        limits=(Limit("all g = 0: every query scaled alike", closed, scaled_alike),),
    ),
]
