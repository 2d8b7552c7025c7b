"""Attention in images: patches, windows, axes, sampled points, and gates over channels."""

from attnlib.vision.axial import AxialAttention
from attnlib.vision.convolutional_block import ConvolutionalBlockAttention
from attnlib.vision.deformable import DeformableAttention, deformable_attention, pixel_weights
from attnlib.vision.efficient_channel import EfficientChannelAttention
from attnlib.vision.patches import PatchEmbedding
from attnlib.vision.squeeze_excitation import SqueezeExcitation
from attnlib.vision.tiles import cut, join
from attnlib.vision.windows import WindowAttention, window_labels

__all__ = [
    "PatchEmbedding",
    "WindowAttention",
    "AxialAttention",
    "DeformableAttention",
    "deformable_attention",
    "pixel_weights",
    "ConvolutionalBlockAttention",
    "SqueezeExcitation",
    "EfficientChannelAttention",
    "cut",
    "join",
    "window_labels",
]
