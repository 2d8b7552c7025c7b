"""Attention over images, against transformers, PyTorch, or loops written from the papers."""

import math
from types import SimpleNamespace

import pytest
import torch
from transformers import SwinConfig, ViTConfig
from transformers.models.deformable_detr.modeling_deformable_detr import (
    DeformableDetrMultiscaleDeformableAttention,
    MultiScaleDeformableAttention,
)
from transformers.models.regnet.modeling_regnet import RegNetSELayer
from transformers.models.swin.modeling_swin import SwinAttention, SwinLayer
from transformers.models.vit.modeling_vit import ViTAttention, ViTEmbeddings

from attnlib import record_attention
from attnlib.heads.multi_head import MultiHeadAttention
from attnlib.vision.axial import AxialAttention
from attnlib.vision.convolutional_block import ConvolutionalBlockAttention
from attnlib.vision.deformable import DeformableAttention, deformable_attention, pixel_weights
from attnlib.vision.efficient_channel import EfficientChannelAttention, _kernel_size
from attnlib.vision.patches import PatchEmbedding
from attnlib.vision.squeeze_excitation import SqueezeExcitation
from attnlib.vision.tiles import cut, join
from attnlib.vision.windows import WindowAttention, window_labels
from oracles.agreement import EXACT, assert_agree, normal

IN_FLOAT64 = {"attn_implementation": "sdpa"}  # the eager one rounds its softmax to float32


@pytest.fixture
def image():
    return normal(2, 4, 8, 8)


def copy(ours, theirs):
    """Their linear layer's numbers into ours, whatever the shape of theirs."""
    ours.weight.data = theirs.weight.data.reshape(ours.weight.shape).clone()
    ours.bias.data = theirs.bias.data.clone()


def copy_heads(ours, theirs):
    """A transformers layer's four projections into a MultiHeadAttention."""
    for name, other in (("query", "q_proj"), ("key", "k_proj"), ("value", "v_proj")):
        copy(getattr(ours, name), getattr(theirs, other))
    copy(ours.output, theirs.o_proj)


def test_tiles_join_to_the_image_they_were_cut_from(image):
    assert torch.equal(join(cut(image, 2), 8, 8), image)


def test_tiles_go_row_by_row():
    numbers = torch.arange(8).view(1, 1, 2, 4)
    assert cut(numbers, 2)[0, :, 0].tolist() == [[[0, 1], [4, 5]], [[2, 3], [6, 7]]]


def test_attention_over_patches_equals_vit(image):
    config = ViTConfig(
        hidden_size=16,
        num_attention_heads=4,
        image_size=8,
        patch_size=4,
        num_channels=4,
        **IN_FLOAT64,
    )
    embeddings, attention = ViTEmbeddings(config).double().eval(), ViTAttention(config).double()
    ours = PatchEmbedding(16, channels=4, patch=4, patches=4).double()
    copy(ours.project, embeddings.patch_embeddings.projection)
    ours.token.data = embeddings.cls_token.data
    ours.positions.data = embeddings.position_embeddings.data
    heads = MultiHeadAttention(16, heads=4).double()
    copy_heads(heads, attention.eval())
    assert_agree(heads(ours(image)), attention(embeddings(image))[0], (image,))


def swin(shift):
    """A SwinLayer without its norms and its MLP: x + window attention of x."""
    config = SwinConfig(window_size=4, qkv_bias=True, **IN_FLOAT64)
    layer = SwinLayer(config, dim=4, input_resolution=(8, 8), num_heads=2, shift_size=shift)
    layer.attention = SwinAttention(config, 4, 2, window_size=4)
    layer = layer.double().eval()
    layer.layernorm_before = torch.nn.Identity()
    layer.layernorm_after = torch.nn.Identity()
    layer.mlp = torch.nn.Identity()
    torch.nn.init.normal_(layer.attention.relative_position_bias.relative_position_bias_table)
    return layer


@pytest.mark.parametrize("shift", [0, 1, 2, 3])
def test_shifted_windows_equal_swin(image, shift):
    theirs = swin(shift)
    ours = WindowAttention(4, heads=2, window=4, shift=shift).double()
    copy_heads(ours.layer, theirs.attention)
    table = theirs.attention.relative_position_bias.relative_position_bias_table
    ours.table.data = table.data.mT.reshape(ours.table.shape).clone()
    tokens = theirs(image.flatten(2).mT, (8, 8))[0]  # doubled: a residual around nothing
    assert_agree(image + ours(image), tokens.mT.view_as(image) / 2, (image,))


def test_a_shift_moves_the_windows_borders():
    assert window_labels(1, 6, window=3, shift=0)[0].unique_consecutive(return_counts=True)[
        1
    ].tolist() == [3, 3]
    moved = window_labels(1, 6, window=3, shift=1)[0].unique_consecutive(return_counts=True)[1]
    assert moved.tolist() == [1, 3, 2]


def test_recorded_windows_are_sequences_of_their_own(image):
    layer = WindowAttention(4, heads=2, window=4, shift=2).double()
    with record_attention(layer) as maps:
        layer(image)
    assert maps["layer"].weights.shape == (2 * 4, 2, 16, 16)


def test_axial_attention_equals_pytorch_with_masks(image):
    ours = AxialAttention(4, heads=2).double()
    tokens = image.flatten(2).mT
    place = torch.arange(64)
    for layer, line in ((ours.rows, place // 8), (ours.columns, place % 8)):
        theirs = torch.nn.MultiheadAttention(4, 2, batch_first=True).double()
        parts = (layer.query, layer.key, layer.value)
        theirs.in_proj_weight.data = torch.cat([part.weight.data for part in parts])
        theirs.in_proj_bias.data = torch.cat([part.bias.data for part in parts])
        theirs.out_proj = layer.output
        hidden = line[:, None] != line
        tokens = theirs(tokens, tokens, tokens, attn_mask=hidden, need_weights=False)[0]
    assert_agree(ours(image), tokens.mT.view_as(image), (image,))


def test_squeeze_and_excitation_equals_regnet(image):
    theirs = RegNetSELayer(4, reduced_channels=2).double()
    ours = SqueezeExcitation(4, reduction=2).double()
    copy(ours.down, theirs.attention[0])
    copy(ours.up, theirs.attention[2])
    bright_and_dark = torch.cat((image + 3, image - 3))  # so that the bend bends something
    assert_agree(ours(bright_and_dark), theirs(bright_and_dark), (image,))


def sigma(number):
    return 1 / (1 + math.exp(-number))


def test_efficient_channel_attention_channel_by_channel(image):
    layer = EfficientChannelAttention(4, kernel=3).double()
    left, middle, right = layer.filter.weight.flatten().tolist()
    expected = image.detach().clone()
    for b in range(2):
        mean = [0.0, *(image[b, c].mean().item() for c in range(4)), 0.0]
        for c in range(4):
            gate = sigma(left * mean[c] + middle * mean[c + 1] + right * mean[c + 2])
            expected[b, c] *= gate
    torch.testing.assert_close(layer(image), expected, **EXACT)


@pytest.mark.parametrize(
    ("channels", "size"), [(1, 1), (4, 1), (8, 3), (64, 3), (128, 5), (512, 5)]
)
def test_the_kernel_is_the_nearest_odd_number(channels, size):
    """(log₂ C + 1) / 2 is 0.5, 1.5, 2 (a tie), 3.5, 4 (a tie), 5."""
    assert _kernel_size(channels) == size


def test_cbam_channel_by_channel_and_pixel_by_pixel(image):
    layer = ConvolutionalBlockAttention(4, reduction=2, kernel=3).double()
    down, up = layer.down.weight.detach(), layer.up.weight.detach()
    kernel = layer.filter.weight.detach()[0]
    expected = image.detach().clone()
    for picture in expected:
        mean = torch.stack([channel.mean() for channel in picture])
        largest = torch.stack([channel.max() for channel in picture])
        gates = up @ (down @ mean).clamp(min=0) + up @ (down @ largest).clamp(min=0)
        for channel, gate in zip(picture, gates, strict=True):
            channel *= sigma(gate.item())
        pooled = torch.stack((picture.mean(dim=0), picture.max(dim=0).values))
        gates = torch.zeros(8, 8, dtype=torch.float64)
        for y in range(8):
            for x in range(8):
                total = 0.0
                for v in range(max(y - 1, 0), min(y + 2, 8)):
                    for u in range(max(x - 1, 0), min(x + 2, 8)):
                        total += (kernel[:, v - y + 1, u - x + 1] * pooled[:, v, u]).sum().item()
                gates[y, x] = sigma(total)
        picture *= gates
    torch.testing.assert_close(layer(image), expected, **EXACT)


SIZES = [(8, 6), (4, 3)]


def looks(points=3, queries=5):
    """Values of two levels, places (some beyond the edges) and weights."""
    values = [normal(2, 2, 3, *size, seed=level) for level, size in enumerate(SIZES)]
    places = normal(2, 2, queries, 2, points, 2, seed=5) * 0.5 + 0.5
    weights = normal(2, 2, queries, 2, points, seed=6).flatten(3).softmax(-1)
    return values, places, weights.unflatten(3, (2, points))


def test_sampling_equals_the_function_of_deformable_detr():
    values, places, weights = looks()
    flat = torch.cat([level.flatten(3) for level in values], dim=-1).permute(0, 3, 1, 2)
    theirs = MultiScaleDeformableAttention()(
        flat, None, SIZES, None, places.transpose(1, 2), weights.transpose(1, 2), 64
    )
    ours = deformable_attention(values, places, weights).transpose(1, 2).flatten(2)
    assert_agree(ours, theirs, values)


def test_deformable_attention_equals_deformable_detr():
    config = SimpleNamespace(d_model=8, num_feature_levels=2, disable_custom_kernels=True)
    theirs = DeformableDetrMultiscaleDeformableAttention(config, num_heads=2, n_points=3).double()
    ours = DeformableAttention(8, heads=2, levels=2, points=3).double()
    for name, other in (
        ("offsets", "sampling_offsets"),
        ("scores", "attention_weights"),
        ("value", "value_proj"),
        ("output", "output_proj"),
    ):
        copy(getattr(ours, name), getattr(theirs, other))
    x, maps = normal(2, 5, 8), [normal(2, 8, *size, seed=3) for size in SIZES]
    places = normal(2, 5, 2, seed=4).sigmoid()
    expected = theirs(
        x,
        encoder_hidden_states=torch.cat([level.flatten(2).mT for level in maps], dim=1),
        reference_points=places.unsqueeze(2).expand(-1, -1, 2, -1),
        spatial_shapes=torch.tensor(SIZES),
        spatial_shapes_list=SIZES,
        level_start_index=torch.tensor([0, 48]),
    )[0]
    assert_agree(ours(x, places, maps), expected, (x, *maps))


def test_a_place_between_pixels_is_their_bilinear_mean():
    """(x, y) = (1/2, 1/4) of a 2 × 2 map: on the first row, in the middle of its two pixels."""
    values = torch.tensor([[1.0, 3.0], [10.0, 30.0]], dtype=torch.float64).view(1, 1, 1, 2, 2)
    places = torch.tensor([0.5, 0.25], dtype=torch.float64).view(1, 1, 1, 1, 1, 2)
    weights = torch.ones(1, 1, 1, 1, 1, dtype=torch.float64)
    assert deformable_attention([values], places, weights).item() == pytest.approx(2.0)
    matrix = pixel_weights([(2, 2)], places, weights)
    torch.testing.assert_close(matrix.flatten().tolist(), [0.5, 0.5, 0.0, 0.0])


def test_pixel_weights_times_pixels_is_the_output():
    values, places, weights = looks()
    pixels = torch.cat([level.flatten(3) for level in values], dim=-1).mT
    matrix = pixel_weights(SIZES, places, weights)
    assert_agree(matrix @ pixels, deformable_attention(values, places, weights))


def test_at_the_start_each_head_looks_in_a_direction_of_its_own():
    layer = DeformableAttention(8, heads=4, levels=1, points=2)
    places, weights = layer.look(torch.zeros(1, 1, 8), torch.zeros(1, 1, 2), [(1, 1)])
    right, down = [[1.0, 0.0], [2.0, 0.0]], [[0.0, 1.0], [0.0, 2.0]]
    torch.testing.assert_close(places[0, :2, 0, 0], torch.tensor([right, down]))
    assert weights.eq(0.5).all()


LAYERS = {
    "patches": PatchEmbedding(16, channels=4, patch=4, patches=4),
    "windows": WindowAttention(4, heads=2, window=4),
    "axial": AxialAttention(4, heads=2),
    "squeeze": SqueezeExcitation(4, reduction=2),
    "eca": EfficientChannelAttention(4),
    "cbam": ConvolutionalBlockAttention(4, reduction=2),
}
every_layer = pytest.mark.parametrize("layer", LAYERS.values(), ids=LAYERS)


@every_layer
def test_an_image_of_other_channels_is_refused(layer):
    with pytest.raises(ValueError, match=r"image must have the axes \(B, 4, height, width\)"):
        layer(torch.zeros(2, 3, 8, 8))


@every_layer
def test_an_image_of_integers_is_refused(layer):
    with pytest.raises(TypeError, match=r"image must be floating point, got torch\.int64"):
        layer(torch.zeros(2, 4, 8, 8, dtype=torch.long))


@pytest.mark.parametrize("name", ["patches", "windows"])
def test_an_image_that_does_not_divide_is_refused(name):
    with pytest.raises(ValueError, match="8 × 6 pixels does not divide into tiles of 4"):
        LAYERS[name](torch.zeros(2, 4, 8, 6))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: PatchEmbedding(8, channels=4, patch=0, patches=4),
            "patch must be at least 1, got 0",
        ),
        (lambda: WindowAttention(4, 2, window=4, shift=4), "shift must be at least 0 and below 4"),
        (lambda: SqueezeExcitation(4), "channels 4 must be a multiple of reduction 16"),
        (lambda: EfficientChannelAttention(4, kernel=2), "kernel must be odd"),
        (
            lambda: ConvolutionalBlockAttention(4, reduction=3),
            "4 must be a multiple of reduction 3",
        ),
        (lambda: DeformableAttention(8, heads=3), "size 8 does not divide into 3 heads"),
    ],
)
def test_impossible_settings_are_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_an_image_of_more_patches_is_refused():
    with pytest.raises(ValueError, match="image has 6 patches, but there are 4"):
        LAYERS["patches"](torch.zeros(2, 4, 8, 12))


@pytest.mark.parametrize(
    ("x", "places", "maps", "message"),
    [
        ((2, 5, 7), (2, 5, 2), 1, r"maps has size 8, but x has 7"),
        ((2, 5, 8), (2, 4, 2), 1, r"places has length 4, but x has 5"),
        ((2, 5, 8), (2, 5, 2), 2, "maps are 2, but levels is 1"),
    ],
)
def test_deformable_attention_refuses_what_does_not_fit(x, places, maps, message):
    layer = DeformableAttention(8, heads=2, levels=1)
    with pytest.raises(ValueError, match=message):
        layer(torch.zeros(x), torch.zeros(places), [torch.zeros(2, 8, 4, 4)] * maps)
