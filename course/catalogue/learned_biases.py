"""Biases whose curve over the distance is learned."""

import torch
from torch import Tensor, nn

from attnlib import Attended, attention
from attnlib.masks import Causal
from attnlib.positions import alibi_slopes
from attnlib.positions.functional_bias import FunctionalBias
from attnlib.positions.kernel_bias import LogarithmicBias, PowerBias
from course.catalogue.entry import Entry, Limit, Property
from course.catalogue.masks_and_biases import causal, linear_biases

ORACLES = "tests/lib/oracles/test_second_oracles_of_biases.py"
TIME, MEMORY = "T² · D (the bias: T²)", "T · D (fused), T² (here)"
CAUSAL: frozenset[Property] = frozenset({"weighted sum", "normalized", "causal"})


def biased(query: Tensor, key: Tensor, value: Tensor, layer: nn.Module) -> Attended:
    bias = layer.to(query)(query.shape[2], key.shape[2])
    return attention(query, key, value, mask=Causal(), bias=bias)


def fire(query: Tensor, key: Tensor, value: Tensor) -> Attended:
    return biased(query, key, value, FunctionalBias(4, hidden=8, threshold=4.0))


def fire_of_nothing(query: Tensor, key: Tensor, value: Tensor) -> Attended:
    layer = FunctionalBias(4, hidden=8)
    nn.init.zeros_(layer.network[2].weight)  # type: ignore[arg-type]
    return biased(query, key, value, layer)


def power(query: Tensor, key: Tensor, value: Tensor) -> Attended:
    layer = PowerBias(4)
    nn.init.constant_(layer.power, 0.5)
    return biased(query, key, value, layer)


def straight(query: Tensor, key: Tensor, value: Tensor) -> Attended:
    layer = PowerBias(4).to(query)
    with torch.no_grad():
        layer.rate.copy_(alibi_slopes(4))
    return biased(query, key, value, layer)


def logarithmic(query: Tensor, key: Tensor, value: Tensor) -> Attended:
    return biased(query, key, value, LogarithmicBias(4))


ENTRIES = [
    Entry(
        name="Functional bias (FIRE)",
        tier=3,
        cite="li2024",
        formula=r"S_{ij} + f_h\!\left(\frac{\log(c(i-j) + 1)}{\log(c\max(L, i) + 1)}\right)",
        time=TIME,
        memory=MEMORY,
        implementation=FunctionalBias,
        example=fire,
        oracle="x-transformers DynamicPositionBias row by row at c = 1, and loops",
        test=f"{ORACLES}::test_functional_bias_equals_the_network_of_x_transformers_row_by_row",
        properties=CAUSAL,
        limits=(Limit("a network that says the same of all is causal", fire_of_nothing, causal),),
    ),
    Entry(
        name="Kernel bias, power (KERPLE)",
        tier=3,
        cite="chi2022",
        formula=r"S_{ij} - r_h\,|i-j|^{m_h}",
        time=TIME,
        memory=MEMORY,
        implementation=PowerBias,
        example=power,
        oracle="scipy.stats.gennorm.logpdf, and loops; ALiBi",
        test=f"{ORACLES}::test_a_power_bias_is_the_logarithm_of_scipys_normal_of_that_power",
        properties=CAUSAL,
        limits=(Limit("m = 1 with ALiBi's slopes is ALiBi", straight, linear_biases),),
    ),
    Entry(
        name="Kernel bias, logarithmic (KERPLE)",
        tier=3,
        cite="chi2022",
        formula=r"S_{ij} - r_h\log\left(1 + m_h\,|i-j|\right)",
        time=TIME,
        memory=MEMORY,
        implementation=LogarithmicBias,
        example=logarithmic,
        oracle="scikit-learn RationalQuadratic, its logarithm, and loops",
        test=f"{ORACLES}::test_a_logarithmic_bias_is_the_logarithm_of_scikit_learns_kernel",
        properties=CAUSAL,
    ),
]
