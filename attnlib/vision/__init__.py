"""Attention in images: patches, windows, axes, sampled points, pyramids, gates over channels."""

from attnlib.vision.axial import AxialAttention
from attnlib.vision.convolutional_block import ConvolutionalBlockAttention
from attnlib.vision.convolutional_projection import ConvolutionalProjectionAttention
from attnlib.vision.cross_covariance import CrossCovarianceAttention
from attnlib.vision.deformable import DeformableAttention, deformable_attention, pixel_weights
from attnlib.vision.efficient_channel import EfficientChannelAttention
from attnlib.vision.focal_modulation import FocalModulation
from attnlib.vision.mask_units import MaskUnitAttention
from attnlib.vision.patches import PatchEmbedding
from attnlib.vision.spatial_reduction import SpatialReductionAttention
from attnlib.vision.squeeze_excitation import SqueezeExcitation
from attnlib.vision.tiles import cut, join
from attnlib.vision.windows import WindowAttention, window_labels

__all__ = [
    "PatchEmbedding",
    "WindowAttention",
    "AxialAttention",
    "SpatialReductionAttention",
    "ConvolutionalProjectionAttention",
    "CrossCovarianceAttention",
    "MaskUnitAttention",
    "FocalModulation",
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
