"""What makes queries, keys and values of a sequence, and attends. One layer per file."""

from attnlib.heads._delta_former import delta_former
from attnlib.heads._local_linear import local_linear, parallax
from attnlib.heads._two_simplicial import two_simplicial
from attnlib.heads.alternating import AlternatingAttention
from attnlib.heads.borrowing import BorrowingAttention
from attnlib.heads.convolutional import ConvolutionalAttention
from attnlib.heads.depth import DepthAttention
from attnlib.heads.differential import DifferentialAttention
from attnlib.heads.differential_2 import SecondDifferentialAttention
from attnlib.heads.exclusive import ExclusiveAttention
from attnlib.heads.forgetting import ForgettingAttention
from attnlib.heads.gated import GatedAttention
from attnlib.heads.global_tokens import GlobalTokensAttention
from attnlib.heads.grouped_latent import GroupedLatentAttention
from attnlib.heads.grouped_tied import GroupedTiedAttention
from attnlib.heads.keys_as_values import KeysAsValuesAttention
from attnlib.heads.laser import LaserAttention
from attnlib.heads.latent import LatentAttention
from attnlib.heads.location_sensitive import LocationSensitiveAttention
from attnlib.heads.multi_head import MultiHeadAttention
from attnlib.heads.multi_matrix import MultiMatrixAttention
from attnlib.heads.multi_token import DepthScaledNorm, MultiTokenAttention
from attnlib.heads.registers import Registers
from attnlib.heads.relative import RelativeAttention
from attnlib.heads.selective import SelectiveAttention
from attnlib.heads.shared_state import SharedStateAttention
from attnlib.heads.temporal_latent import TemporalLatentAttention
from attnlib.heads.tensor_product import TensorProductAttention
from attnlib.heads.transient_global import TransientGlobalAttention
from attnlib.heads.value_residual import ValueResidualAttention

__all__ = [
    "MultiHeadAttention",
    "LatentAttention",
    "DifferentialAttention",
    "SecondDifferentialAttention",
    "ExclusiveAttention",
    "LaserAttention",
    "ValueResidualAttention",
    "ForgettingAttention",
    "GatedAttention",
    "SelectiveAttention",
    "SharedStateAttention",
    "MultiTokenAttention",
    "DepthScaledNorm",
    "RelativeAttention",
    "two_simplicial",
    "delta_former",
    "local_linear",
    "parallax",
    "LocationSensitiveAttention",
    "Registers",
    "AlternatingAttention",
    "GlobalTokensAttention",
    "TransientGlobalAttention",
    "BorrowingAttention",
    "ConvolutionalAttention",
    "DepthAttention",
    "GroupedLatentAttention",
    "GroupedTiedAttention",
    "KeysAsValuesAttention",
    "MultiMatrixAttention",
    "TensorProductAttention",
    "TemporalLatentAttention",
]
