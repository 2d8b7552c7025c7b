"""How much an answer would change with each weight: the gradient, and gradient × attention.

    outputᵢ = Σⱼ wᵢⱼ vⱼ       so       ∂y/∂wᵢⱼ = ∂y/∂outputᵢ · vⱼ

The weights need not be in the graph: any kernel will do, and gradients reach them exactly. A weight
of 0.9 whose gradient is 0 changes nothing, at least not by a little (Barkan et al., 2021; Chefer et
al., 2021, use the positive part).
"""

from collections.abc import Mapping

import torch
from jaxtyping import Float
from torch import Tensor

from attnlib.attended import Attended
from attnlib.layout import repeat_heads


def weight_gradients(
    answer: Float[Tensor, ""], maps: Mapping[str, Attended]
) -> dict[str, Float[Tensor, "B H Tq Tk"]]:
    """∂answer/∂w of every weight recorded, by layer: each as if it could change by itself.

    - `answer`: one number of what the model gave inside `record_attention`, a logit for example.
    - `maps`: what was recorded. A layer that the answer does not rest on has gradient 0.

    Raises ValueError for an answer that is not one number, or without gradients.
    """
    if answer.numel() != 1 or not answer.requires_grad:
        raise ValueError(
            "answer must be one number that gradients can reach, got shape "
            f"{tuple(answer.shape)}, requires_grad={answer.requires_grad}"
        )
    outputs = [seen.output for seen in maps.values()]
    found = torch.autograd.grad(
        answer.sum(), outputs, retain_graph=True, allow_unused=True, materialize_grads=True
    )
    return {
        name: gradient @ repeat_heads(seen.value.detach(), seen.query.shape[1]).mT
        for (name, seen), gradient in zip(maps.items(), found, strict=True)
    }


def gradient_attention(
    answer: Float[Tensor, ""], maps: Mapping[str, Attended]
) -> dict[str, Float[Tensor, "B H Tq Tk"]]:
    """w · ∂answer/∂w of every weight: what the answer would lose without it, to first order.

    Arguments and errors as of `weight_gradients`. Negative: it speaks against the answer.
    """
    gradients = weight_gradients(answer, maps)
    return {name: seen.weights.detach() * gradients[name] for name, seen in maps.items()}
