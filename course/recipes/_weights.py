"""A released layer's weights under the names that attnlib gives them."""

from collections.abc import Mapping

from torch import Tensor

Weights = Mapping[str, Tensor]


def renamed(weights: Weights, names: Mapping[str, str]) -> dict[str, Tensor]:
    """{"query": "q_proj"} takes q_proj.weight as query.weight, and q_proj.bias if there is one."""
    return {
        f"{ours}{key.removeprefix(theirs)}": value
        for ours, theirs in names.items()
        for key, value in weights.items()
        if key == theirs or key.startswith(f"{theirs}.")
    }


def plus_one(weights: Weights, *norms: str) -> dict[str, Tensor]:
    """The same, with the weights of these norms as factors, which some models keep as 1 + w."""
    changed = {f"{norm}.weight": weights[f"{norm}.weight"] + 1 for norm in norms}
    return {**weights, **changed}
