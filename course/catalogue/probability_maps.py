"""How scores become weights, other than by softmax."""

from torch import Tensor

from attnlib import Attended, attention
from attnlib.normalizers import Normalizer, sigmoid
from attnlib.normalizers.entmax import Entmax, entmax15, sparsemax
from attnlib.normalizers.gumbel import Relaxed, StraightThrough, gumbel_noise
from course.catalogue.entry import Entry, Limit, Property
from course.catalogue.scores import scaled_dot

SPARSE: frozenset[Property] = frozenset({"weighted sum", "normalized", "unordered"})


def sparsemax_attention(query: Tensor, key: Tensor, value: Tensor) -> Attended:
    return attention(query, key, value, normalize=sparsemax)


def entmax15_attention(query: Tensor, key: Tensor, value: Tensor) -> Attended:
    return attention(query, key, value, normalize=entmax15)


def entmax_attention(query: Tensor, key: Tensor, value: Tensor) -> Attended:
    return attention(query, key, value, normalize=Entmax(1.3))


def entmax_of_2(query: Tensor, key: Tensor, value: Tensor) -> Attended:
    return attention(query, key, value, normalize=Entmax(2.0))


def entmax_of_1_and_a_half(query: Tensor, key: Tensor, value: Tensor) -> Attended:
    return attention(query, key, value, normalize=Entmax(1.5))


def sigmoid_attention(query: Tensor, key: Tensor, value: Tensor) -> Attended:
    return attention(query, key, value, normalize=sigmoid)


def drawn(query: Tensor, key: Tensor, value: Tensor, normalize: Normalizer) -> Attended:
    noise = gumbel_noise(query, key)
    return attention(query, key, value, bias=noise, normalize=normalize)


def gumbel_softmax(query: Tensor, key: Tensor, value: Tensor) -> Attended:
    return drawn(query, key, value, Relaxed(0.7))


def straight_through(query: Tensor, key: Tensor, value: Tensor) -> Attended:
    return drawn(query, key, value, StraightThrough(0.7))


def no_noise(query: Tensor, key: Tensor, value: Tensor) -> Attended:
    return attention(query, key, value, normalize=Relaxed(1.0))


ENTRIES = [
    Entry(
        name="Sparsemax",
        tier=2,
        cite="martins2016",
        formula=r"[s - t]_+,\ \textstyle\sum = 1",
        time="T² · (D + log T)",
        memory="T²",
        implementation=sparsemax,
        example=sparsemax_attention,
        oracle="entmax.sparsemax",
        test="tests/lib/oracles/test_probability_maps.py::test_sparsemax_equals_entmax_package",
        properties=SPARSE,
        forms={"bisection": entmax_of_2},
    ),
    Entry(
        name="1.5-entmax",
        tier=2,
        cite="peters2019",
        formula=r"[s/2 - t]_+^2,\ \textstyle\sum = 1",
        time="T² · (D + log T)",
        memory="T²",
        implementation=entmax15,
        example=entmax15_attention,
        oracle="entmax.entmax15",
        test="tests/lib/oracles/test_probability_maps.py::test_entmax15_equals_entmax_package",
        properties=SPARSE,
        forms={"bisection": entmax_of_1_and_a_half},
    ),
    Entry(
        name="α-entmax",
        tier=2,
        cite="peters2019",
        formula=r"[(\alpha-1)s - t]_+^{1/(\alpha-1)},\ \textstyle\sum = 1",
        time="T² · (D + halvings)",
        memory="T²",
        implementation=Entmax,
        example=entmax_attention,
        oracle="entmax.entmax_bisect",
        test="tests/lib/oracles/test_probability_maps.py::test_entmax_equals_entmax_package_by_bisection",
        properties=SPARSE,
        limits=(Limit("α = 2 is sparsemax", entmax_of_2, sparsemax_attention),),
    ),
    Entry(
        name="Sigmoid",
        tier=3,
        cite="ramapuram2024",
        formula=r"\sigma(QK^\top/\sqrt{D} - \log n)\,V",
        time="T² · D",
        memory="T · D (fused), T² (here)",
        implementation=sigmoid,
        example=sigmoid_attention,
        oracle="x-transformers Attend(sigmoid=True) with −log n as a bias, and by hand",
        test="tests/lib/oracles/test_second_oracles.py::test_sigmoid_equals_x_transformers_with_the_same_offset",
        properties=frozenset({"weighted sum", "unordered"}),
    ),
    Entry(
        name="Gumbel-softmax",
        tier=2,
        cite="jang2017",
        formula=r"\mathrm{softmax}((S + g)/\tau)\,V,\ g\sim\mathrm{Gumbel}(0, 1)",
        time="T² · D",
        memory="T²",
        implementation=gumbel_noise,
        example=gumbel_softmax,
        oracle="F.gumbel_softmax with the same noise",
        test="tests/lib/oracles/test_probability_maps.py"
        "::test_gumbel_draws_equal_pytorch_with_the_same_noise",
        properties=frozenset({"weighted sum", "normalized"}),
        limits=(Limit("no noise at τ = 1 is softmax", no_noise, scaled_dot),),
    ),
    Entry(
        name="Straight-through hard attention",
        tier=2,
        cite="jang2017",
        formula=r"v_{\arg\max_j (S_{ij} + g_{ij})}",
        time="T² · D",
        memory="T²",
        implementation=StraightThrough,
        example=straight_through,
        oracle="F.gumbel_softmax(hard=True) with the same noise",
        test="tests/lib/oracles/test_probability_maps.py"
        "::test_gumbel_draws_equal_pytorch_with_the_same_noise",
        properties=frozenset({"weighted sum", "normalized"}),
        differentiable=False,  # the gradient is another function's, on purpose
    ),
]
