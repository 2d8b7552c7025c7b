"""Whether a GPT or a Llama is as it was built, so that straight code may stand for its modules."""

from functools import partial

import torch
from torch import nn
from torch.nn.modules import module as listened

from attnlib.attend import Attend
from attnlib.heads import MultiHeadAttention
from attnlib.models import gpt, llama
from attnlib.normalizers import softmax
from attnlib.positions.learned import LearnedPositions
from attnlib.positions.rotary import rotate
from attnlib.scores import scaled_dot

PARTS = {
    *(gpt.GPT, gpt.Layer, gpt.FeedForward, llama.Llama, llama.Layer, llama.SwiGLU),
    *(MultiHeadAttention, Attend, LearnedPositions, nn.ModuleList, nn.Embedding, nn.Linear),
    *(nn.LayerNorm, nn.RMSNorm, nn.Dropout, nn.GELU, nn.Identity),
}
TYPES = (torch.float32, torch.float64)


def is_plain(model: nn.Module) -> bool:
    """No part exchanged or wrapped, no hook on any, nothing but the scaled dot product.

    `record_attention` listens by hooks: then all modules run, and it hears them.
    """
    weight = next(model.parameters())
    if weight.dtype not in TYPES or torch.is_autocast_enabled(weight.device.type):
        return False
    if listened._global_forward_hooks or listened._global_forward_pre_hooks:
        return False
    if torch.compiler.is_compiling() or not all(map(_is_as_built, model.modules())):
        return False
    attentions = [part for part in model.modules() if isinstance(part, MultiHeadAttention)]
    return len({turn_of(attention) for attention in attentions}) == 1


def _is_as_built(part: nn.Module) -> bool:
    if type(part) not in PARTS or "forward" in vars(part) or part.training:
        return False
    if part._forward_hooks or part._forward_pre_hooks:
        return False
    if isinstance(part, Attend):
        usual = part.score is scaled_dot and part.normalize is softmax and part.impl == "auto"
        return usual and part.scale is None
    if isinstance(part, nn.GELU):
        return part.approximate == "tanh"
    if isinstance(part, MultiHeadAttention):
        normed = isinstance(part.query_norm, nn.Identity) and isinstance(part.key_norm, nn.Identity)
        return normed and (part.turn is None or turn_of(part) is not None)
    return True


def turn_of(layer: MultiHeadAttention) -> float | None:
    """The base by which queries and keys turn in halves; None when they turn otherwise or not."""
    turn = layer.turn
    if not isinstance(turn, partial) or turn.func is not rotate or turn.args:
        return None
    choices = {"base": 10_000.0, **turn.keywords}
    return choices["base"] if choices == {"base": choices["base"], "pairing": "half"} else None
