"""Masks for pictures in tiles, for text made in blocks, and for answers that share a question."""

from torch import Tensor

from attnlib import Attended, attention
from attnlib.masks import BlockDiffusion, LeftRight, Neighborhood, shared_prefix
from course.catalogue.entry import Entry, Limit, Property
from course.catalogue.masks_and_biases import causal
from course.catalogue.scores import scaled_dot
from course.catalogue.sparse_masks import neighborhood, pixels_of

ORACLES = "tests/lib/oracles/test_second_oracles_of_masks.py"
PLAIN: frozenset[Property] = frozenset({"weighted sum", "normalized"})


def left_and_right(query: Tensor, key: Tensor, value: Tensor) -> Attended:
    return attention(query, key, value, mask=LeftRight(3, 1))


def no_edge_before_none_after(query: Tensor, key: Tensor, value: Tensor) -> Attended:
    return attention(query, key, value, mask=LeftRight(-1, 0))


def among_3_by_3(image: Tensor, *, dilation: int = 1, stride: int = 1) -> Attended:
    height, width = image.shape[-2:]
    mask = Neighborhood(height, width, size=3, dilation=dilation, stride=stride)
    pixels = pixels_of(image)
    return attention(pixels, pixels, pixels, mask=mask)


def dilated_neighborhood(image: Tensor) -> Attended:
    return among_3_by_3(image, dilation=2)


def undilated(image: Tensor) -> Attended:
    return among_3_by_3(image, dilation=1)


def strided_neighborhood(image: Tensor) -> Attended:
    return among_3_by_3(image, stride=2)


def unstrided(image: Tensor) -> Attended:
    return among_3_by_3(image, stride=1)


def twice(states: Tensor) -> Tensor:
    """Two different halves, of which the second one stands for the clean text."""
    half = -(-states.shape[2] // 2)
    return states[:, :, [*range(half), *range(states.shape[2] - half, states.shape[2])]]


def block_diffusion(query: Tensor, key: Tensor, value: Tensor) -> Attended:
    query, key, value = twice(query), twice(key), twice(value)
    mask = BlockDiffusion(query.shape[2] // 2, block=2)
    return attention(query, key, value, mask=mask)


def one_block_clean(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    query, key, value = twice(query), twice(key), twice(value)
    half = query.shape[2] // 2
    mask = BlockDiffusion(half, block=half)
    return attention(query, key, value, mask=mask).output[:, :, half:]


def clean_alone(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    half = twice(query).shape[2] // 2
    clean = (twice(states)[:, :, half:] for states in (query, key, value))
    return scaled_dot(*clean).output


def after_one_prefix(query: Tensor, key: Tensor, value: Tensor) -> Attended:
    length = key.shape[2]
    prefix, first = length // 3, length // 3
    mask = shared_prefix(prefix, [first, length - prefix - first])
    return attention(query, key, value, mask=mask)


def one_answer(query: Tensor, key: Tensor, value: Tensor) -> Attended:
    mask = shared_prefix(2, [key.shape[2] - 2])
    return attention(query, key, value, mask=mask)


ENTRIES = [
    Entry(
        name="Window of two edges",
        tier=2,
        cite="dao2023",
        formula=r"i - l \le j \le i + r",
        time="T · (l + r) · D (blocks skipped), T² · D (here)",
        memory="T · D (fused), T² (weights read)",
        implementation=LeftRight,
        example=left_and_right,
        oracle="F.scaled_dot_product_attention with torch.triu and tril",
        test=f"{ORACLES}::test_a_window_of_two_edges_is_a_band_of_pytorchs",
        properties=PLAIN,
        limits=(Limit("no edge before, none after: causal", no_edge_before_none_after, causal),),
    ),
    Entry(
        name="Dilated neighborhood (DiNA)",
        tier=3,
        cite="hassani2022",
        formula=r"j \in \text{the } k \times k \text{ nearest of every } d\text{-th pixel from } i",
        time="T · k² · D (gathered), T² · D (here)",
        memory="T · D (fused), T² (here)",
        implementation=Neighborhood,
        example=dilated_neighborhood,
        inputs="image",
        oracle="scipy.spatial.KDTree along each axis, and by sorting",
        test=f"{ORACLES}::test_a_neighborhood_is_of_the_nearest_that_scipy_finds",
        limits=(Limit("d = 1 is the neighborhood", undilated, neighborhood),),
    ),
    Entry(
        name="Strided neighborhood (GNA)",
        tier=3,
        cite="hassani2025",
        formula=r"j \in \text{the } k \times k \text{ pixels nearest to the middle of } "
        r"i\text{'s } s \times s",
        time="T · k² · D (gathered), T² · D (here)",
        memory="T · D (fused), T² (here)",
        implementation=Neighborhood,
        example=strided_neighborhood,
        inputs="image",
        oracle="scipy.spatial.KDTree along each axis, and by sorting",
        test=f"{ORACLES}::test_a_neighborhood_is_of_the_nearest_that_scipy_finds",
        limits=(Limit("s = 1 is the neighborhood", unstrided, neighborhood),),
    ),
    Entry(
        name="Block diffusion mask",
        tier=3,
        cite="arriola2025",
        formula=r"\text{noisy } b: \text{itself} \cup \text{clean} < b,\\"
        r"\text{clean } b: \text{clean} \le b",
        time="T² · D for a text of T/2",
        memory="T · D (fused), T² (weights read)",
        implementation=BlockDiffusion,
        example=block_diffusion,
        oracle="F.scaled_dot_product_attention block by block, without a mask",
        test=f"{ORACLES}::test_blocks_of_a_diffusion_equal_pytorch_block_by_block_without_a_mask",
        limits=(
            Limit("one block: the clean half is full attention", one_block_clean, clean_alone),
        ),
    ),
    Entry(
        name="Shared prefix",
        tier=2,
        cite="juravsky2024",
        formula=r"j \le i \ \wedge\ \left(j < n \ \vee\ \text{answer}(j) = \text{answer}(i)\right)",
        time="T · (n + T/m) · D for m answers (blocks skipped), T² · D (here)",
        memory="T · D (fused), T² (weights read)",
        implementation=shared_prefix,
        example=after_one_prefix,
        oracle="F.scaled_dot_product_attention on each answer alone",
        test=f"{ORACLES}::test_answers_after_one_prefix_equal_pytorch_on_each_alone",
        properties=PLAIN | {"causal"},
        limits=(Limit("one answer is causal", one_answer, causal),),
    ),
]
