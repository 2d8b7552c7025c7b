"""PyTorch's fused kernel, which says in our words what it has not."""

from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

LACKING = "torch::autograd::NotImplemented"  # the node that PyTorch puts where it has no derivative
NO_SECOND_DERIVATIVE = 'PyTorch\'s fused kernel has no second derivative; impl="reference" has'
NO_LEARNED_BIAS = (
    'PyTorch\'s fused kernel has no gradient of a bias inside torch.func; impl="reference" has'
)
NO_FORWARD_MODE = 'PyTorch\'s fused kernel has no forward mode; impl="reference" has'


def fused(
    query: Float[Tensor, "B H Tq D"],
    key: Float[Tensor, "B G Tk D"],
    value: Float[Tensor, "B G Tk D"],
    **options: Any,
) -> Float[Tensor, "B H Tq D"]:
    """`F.scaled_dot_product_attention` with its own options.

    Raises NotImplementedError in forward mode, and RuntimeError for a learned bias inside
    torch.func, or when a gradient that went through it is differentiated once more.
    """
    try:
        output = F.scaled_dot_product_attention(query, key, value, **options)
    except RuntimeError as error:
        said = str(error)
        if isinstance(error, NotImplementedError) and "forward AD" in said:
            raise NotImplementedError(NO_FORWARD_MODE) from error
        if "not differentiable with respect to argument 'attn_mask'" in said:
            raise RuntimeError(NO_LEARNED_BIAS) from error
        raise
    if not torch.compiler.is_compiling() and output.grad_fn is not None:
        output.grad_fn.register_hook(_watch)
    return output


def _watch(gradients: Sequence[Tensor | None], _: Sequence[Tensor | None]) -> None:
    """Once the gradients are there: let the node behind them speak, if it lacks a derivative."""
    for gradient in gradients:
        node = None if gradient is None else gradient.grad_fn
        if node is not None and node.name() == LACKING:
            node.register_prehook(_refuse)


def _refuse(_: Sequence[Tensor]) -> None:
    raise RuntimeError(NO_SECOND_DERIVATIVE)
