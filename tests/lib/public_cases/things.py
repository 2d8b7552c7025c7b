"""Images, graphs, sets, and looking things up."""

from functools import partial

import torch

from attnlib.graphs.dynamic_graph_attention import DynamicGraphAttention
from attnlib.graphs.graph_attention import GraphAttention
from attnlib.retrieval.copying import GenerationGate
from attnlib.retrieval.latent_queries import LatentQueries
from attnlib.retrieval.pointer import Pointer
from attnlib.retrieval.slots import SlotAttention
from attnlib.scores import DynamicScore, StaticScore
from attnlib.sets.induced import InducedSetAttention
from attnlib.sets.pooling import AttentionPooling
from attnlib.sets.set_attention import CrossSetAttention, SetAttention
from attnlib.vision.axial import AxialAttention
from attnlib.vision.convolutional_block import ConvolutionalBlockAttention
from attnlib.vision.convolutional_projection import ConvolutionalProjectionAttention
from attnlib.vision.cross_covariance import CrossCovarianceAttention
from attnlib.vision.deformable import DeformableAttention
from attnlib.vision.efficient_channel import EfficientChannelAttention
from attnlib.vision.focal_modulation import FocalModulation
from attnlib.vision.mask_units import MaskUnitAttention
from attnlib.vision.patches import PatchEmbedding
from attnlib.vision.spatial_reduction import SpatialReductionAttention
from attnlib.vision.squeeze_excitation import SqueezeExcitation
from attnlib.vision.windows import WindowAttention
from public_cases.case import Case

IMAGE = {"fixed": "C"}
GRAPH = {"axes": {"edges": "#B 1 T T"}, "fixed": "E"}
SCORE = {"given": {"scale": None}, "fixed": "H D"}
PLACES = {"sizes": {"L": 1, "P": 2}}


block = partial(ConvolutionalBlockAttention, 16, reduction=4, kernel=3)


channels = partial(EfficientChannelAttention, 16)


squeeze = partial(SqueezeExcitation, 16, reduction=4)


deformable = partial(DeformableAttention, 16, heads=4, levels=1, points=2)


focal = partial(FocalModulation, 16, levels=2)


CASES = {
    "vision.AxialAttention": Case(partial(AxialAttention, 16, heads=4), fixed="E"),
    "vision.SpatialReductionAttention": Case(
        partial(SpatialReductionAttention, 16, heads=4, reduction=2), fixed="E"
    ),
    "vision.ConvolutionalProjectionAttention": Case(
        partial(ConvolutionalProjectionAttention, 16, heads=4), fixed="E"
    ),
    "vision.CrossCovarianceAttention": Case(
        partial(CrossCovarianceAttention, 16, heads=4), fixed="E"
    ),
    "vision.MaskUnitAttention": Case(
        partial(MaskUnitAttention, 16, heads=4, window=2, stride=2), fixed="E"
    ),
    "vision.FocalModulation": Case(focal, fixed="E"),
    "vision.FocalModulation.gates": Case(focal, fixed="E"),
    "vision.ConvolutionalBlockAttention": Case(block, **IMAGE),
    "vision.ConvolutionalBlockAttention.channel_gates": Case(block, **IMAGE),
    "vision.ConvolutionalBlockAttention.place_gates": Case(block, **IMAGE),
    "vision.EfficientChannelAttention": Case(channels, **IMAGE),
    "vision.EfficientChannelAttention.gates": Case(channels, **IMAGE),
    "vision.SqueezeExcitation": Case(squeeze, **IMAGE),
    "vision.SqueezeExcitation.gates": Case(squeeze, **IMAGE),
    "vision.PatchEmbedding": Case(
        partial(PatchEmbedding, 8, channels=16, patch=2, patches=4), fixed="C height width"
    ),
    "vision.WindowAttention": Case(
        partial(WindowAttention, 16, heads=4, window=2, shift=1), fixed="E"
    ),
    "vision.window_labels": Case(given={"height": 4, "width": 4, "window": 2, "shift": 1}),
    "vision.DeformableAttention": Case(deformable, fixed="E", make={"places": torch.sigmoid}),
    "vision.DeformableAttention.look": Case(
        deformable, fixed="E", make={"places": torch.sigmoid}, given={"sizes": [(4, 4)]}
    ),
    "vision.deformable_attention": Case(**PLACES, make={"places": torch.sigmoid}),
    "vision.pixel_weights": Case(
        given={"sizes": [(4, 4)]}, **PLACES, make={"places": torch.sigmoid}
    ),
    "vision.cut": Case(given={"side": 2}),
    "vision.join": Case(given={"height": 4, "width": 4}, sizes={"N": 4, "side": 2}, fixed="N side"),
    "graphs.GraphAttention": Case(partial(GraphAttention, 16, heads=4, head_size=8), **GRAPH),
    "scores.StaticScore": Case(partial(StaticScore, heads=4, head_size=8, slope=0.2), **SCORE),
    "graphs.DynamicGraphAttention": Case(
        partial(DynamicGraphAttention, 16, heads=4, head_size=8), **GRAPH
    ),
    "scores.DynamicScore": Case(partial(DynamicScore, heads=4, head_size=8, slope=0.2), **SCORE),
    "graphs.neighborhood": Case(axes={"edges": "#B 1 T T"}),
    "sets.CrossSetAttention": Case(
        partial(CrossSetAttention, 16, heads=4), sizes={"N": 3}, fixed="E"
    ),
    "sets.SetAttention": Case(partial(SetAttention, 16, heads=4), fixed="E"),
    "sets.InducedSetAttention": Case(
        partial(InducedSetAttention, 16, heads=4, points=2), fixed="E"
    ),
    "sets.AttentionPooling": Case(partial(AttentionPooling, 16, heads=4, seeds=2), fixed="E"),
    "retrieval.LatentQueries": Case(
        partial(LatentQueries, 8, heads=4, latents=3, context_size=16), fixed="C"
    ),
    "retrieval.Pointer": Case(partial(Pointer, 8, 7, hidden_size=5), sizes={"K": 7}, fixed="D K"),
    "retrieval.SlotAttention": Case(
        partial(SlotAttention, 16, slots=3), axes={"slots": "B N E"}, sizes={"N": 3}, fixed="E N"
    ),
    "retrieval.SlotAttention.draw": Case(partial(SlotAttention, 16, slots=3), fixed="E"),
    "retrieval.GenerationGate": Case(
        partial(GenerationGate, 16, 5, input_size=6), sizes={"S": 5, "X": 6}, fixed="C S X"
    ),
    "retrieval.copy_or_generate": Case(
        make=dict.fromkeys(("generate", "vocabulary", "weights"), torch.sigmoid)
    ),
    "retrieval.retrieve": Case(given={"sharpness": 0.5, "steps": 2}),
    "retrieval.energy": Case(given={"sharpness": 0.5}),
}
