"""Attention in the stages of an image pyramid, against transformers, and against PyTorch's own."""

from functools import partial

import pytest
import torch
import torch.nn.functional as F
from transformers import FocalNetConfig, PvtConfig
from transformers.models.cvt.modeling_cvt import CvtAttention
from transformers.models.focalnet.modeling_focalnet import FocalNetModulation
from transformers.models.hiera.modeling_hiera import HieraMaskUnitAttention
from transformers.models.pvt.modeling_pvt import PvtAttention

from attnlib.attend import Attend
from attnlib.layout import merge_heads, split_heads
from attnlib.vision.convolutional_projection import ConvolutionalProjectionAttention
from attnlib.vision.cross_covariance import CrossCovarianceAttention
from attnlib.vision.focal_modulation import FocalModulation
from attnlib.vision.mask_units import MaskUnitAttention
from attnlib.vision.spatial_reduction import SpatialReductionAttention
from attnlib.vision.tiles import cut, join
from oracles.agreement import assert_agree, normal
from oracles.in_double import in_double
from oracles.models import randomized


@pytest.fixture
def image():
    return normal(2, 4, 8, 8)


def double(kind, *arguments, **options):
    with in_double():
        return randomized(kind(*arguments, **options)).double()


def loaded(ours, theirs, names):
    """Ours with their weights, ours by name from theirs."""
    states = theirs.state_dict()
    found = {
        f"{mine}{key.removeprefix(its)}": value
        for mine, its in names.items()
        for key, value in states.items()
        if key.startswith(f"{its}.")
    }
    assert len(found) == len(states)
    ours.double().load_state_dict(found)
    return ours.eval()


@pytest.mark.parametrize("reduction", [1, 2, 4])
def test_spatial_reduction_equals_pvt(image, reduction):
    config = PvtConfig(hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0)
    theirs = double(PvtAttention, config, 4, 2, reduction)
    ours = SpatialReductionAttention(4, heads=2, reduction=reduction)
    names = {f"layer.{name}": f"self.{name}" for name in ("query", "key", "value")}
    names |= {"layer.output": "output.dense"}
    if reduction > 1:
        names |= {"shrink": "self.sequence_reduction", "norm": "self.layer_norm"}
    else:
        ours.shrink = ours.norm = torch.nn.Identity()
    ours = loaded(ours, theirs, names)
    ours.norm = ours.norm if reduction > 1 else torch.nn.LayerNorm(4).double()
    expected = theirs(image.flatten(2).mT, 8, 8)[0]
    assert_agree(ours(image), expected.mT.unflatten(2, (8, 8)), (image,))


@pytest.mark.parametrize("stride", [1, 2])
def test_convolutional_projections_equal_cvt(image, stride):
    theirs = double(CvtAttention, 2, 4, 3, 1, 1, 1, stride, "dw_bn", True, 0.0, 0.0, False)
    attend = Attend(scale=4**-0.5)  # CvT divides by the root of all channels
    ours = ConvolutionalProjectionAttention(4, heads=2, stride=stride, attend=attend)
    names = {"layer.output": "output.dense"}
    for name in ("query", "key", "value"):
        around = f"attention.convolution_projection_{name}.convolution_projection"
        names |= {f"{name}.0": f"{around}.convolution", f"{name}.1": f"{around}.normalization"}
        names |= {f"layer.{name}": f"attention.projection_{name}"}
    ours = loaded(ours, theirs, names)
    expected = theirs(image.flatten(2).mT, 8, 8)
    assert_agree(ours(image), expected.mT.unflatten(2, (8, 8)), (image,))


@pytest.mark.parametrize("stride", [1, 2])
def test_mask_units_equal_hiera(image, stride):
    options = {"query_stride": stride**2, "window_size": 16 // stride**2}
    theirs = double(HieraMaskUnitAttention, 4, 6, 2, **options, use_mask_unit_attn=True)
    ours = MaskUnitAttention(4, heads=2, window=4, stride=stride, output_size=6).double()
    matrices, biases = theirs.qkv.weight.chunk(3), theirs.qkv.bias.chunk(3)
    for name, matrix, bias in zip(("query", "key", "value"), matrices, biases, strict=True):
        getattr(ours, name).load_state_dict({"weight": matrix, "bias": bias})
    ours.output.load_state_dict(theirs.proj.state_dict())

    units = cut(image, 4).unflatten(4, (-1, stride)).unflatten(3, (-1, stride))
    tokens = units.permute(0, 4, 6, 3, 5, 1, 2)  # (B, in a cell: 2, cells of a unit: 2, units, E)
    expected = theirs(tokens.flatten(1, 5))[0]
    side = 4 // stride
    tiles = expected.unflatten(1, (side, side, 4)).permute(0, 3, 4, 1, 2)
    assert_agree(ours(image), join(tiles, 8 // stride, 8 // stride), (image,))


@pytest.mark.parametrize("levels", [1, 3])
def test_focal_modulation_equals_focalnet(image, levels):
    config = FocalNetConfig(focal_levels=[levels], focal_windows=[3])
    theirs = double(FocalNetModulation, config, 0, 4)
    ours = FocalModulation(4, levels=levels).double()
    matrices = theirs.projection_in.weight.split([4, 4, levels + 1])
    biases = theirs.projection_in.bias.split([4, 4, levels + 1])
    for part, weight, bias in zip(
        (ours.query, ours.context, ours.gate), matrices, biases, strict=True
    ):
        part.load_state_dict({"weight": weight, "bias": bias})
    for around, other in zip(ours.filters, theirs.focal_layers, strict=True):
        around.load_state_dict(other[0].state_dict())
    ours.modulator.weight.data = theirs.projection_context.weight.data[:, :, 0, 0]
    ours.modulator.bias.data = theirs.projection_context.bias.data
    ours.output.load_state_dict(theirs.projection_out.state_dict())
    expected = theirs(image.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)
    assert_agree(ours(image), expected, (image,))


def test_cross_covariance_equals_pytorch_with_channels_as_tokens(image):
    ours = randomized(CrossCovarianceAttention(4, heads=2)).double()
    layer = ours.layer
    query, key, value = (
        split_heads(make(image.flatten(2).mT), 2).mT
        for make in (layer.query, layer.key, layer.value)
    )
    query, key = (one / one.norm(dim=-1, keepdim=True) for one in (query, key))
    seen = F.scaled_dot_product_attention(ours.sharpness * query, key, value, scale=1.0)
    expected = layer.output(merge_heads(seen.mT)).mT.unflatten(2, (8, 8))
    assert_agree(ours(image), expected, (image,))


LAYERS = {
    "spatial reduction": partial(SpatialReductionAttention, 4, heads=2, reduction=3),
    "mask units": partial(MaskUnitAttention, 4, heads=2, window=3),
}


@pytest.mark.parametrize("make", LAYERS.values(), ids=LAYERS)
def test_an_image_that_does_not_divide_is_refused(make, image):
    with pytest.raises(ValueError, match="8 × 8 pixels does not divide into tiles of 3"):
        make()(image.float())


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: MaskUnitAttention(4, 2, window=4, stride=3), "window 4 is not a multiple of str"),
        (lambda: MaskUnitAttention(4, 3, window=4), "output_size 4 does not divide into 3 heads"),
        (lambda: ConvolutionalProjectionAttention(4, 2, kernel=2), "kernel must be odd"),
        (lambda: FocalModulation(4, levels=1, kernel=4), "kernel must be odd"),
        (lambda: FocalModulation(4, levels=0), "levels must be at least 1, got 0"),
    ],
)
def test_impossible_settings_are_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()
