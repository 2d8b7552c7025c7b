"""Masks that leave most pairs out by a fixed pattern."""

from torch import Tensor

from attnlib import Attended, attention
from attnlib.masks import BigBird, Causal, Chunk, Dilated, Neighborhood, Strided, Window
from course.catalogue.entry import Entry, Limit, Property
from course.catalogue.masks_and_biases import causal, sliding_window
from course.catalogue.scores import scaled_dot

TESTS = "tests/lib/oracles/test_second_oracles_of_masks.py"


def dilated_window(query: Tensor, key: Tensor, value: Tensor) -> Attended:
    return attention(query, key, value, mask=Causal() & Dilated(3, step=2))


def chunked_local(query: Tensor, key: Tensor, value: Tensor) -> Attended:
    return attention(query, key, value, mask=Causal() & Chunk(3))


def strided(query: Tensor, key: Tensor, value: Tensor) -> Attended:
    return attention(query, key, value, mask=Causal() & (Window(3) | Strided(2)))


def big_bird(query: Tensor, key: Tensor, value: Tensor) -> Attended:
    mask = BigBird(block=1, everywhere=1, window=2, random=1)
    return attention(query, key, value, mask=mask)


def neighborhood(image: Tensor) -> Attended:
    height, width = image.shape[-2:]
    pixels = pixels_of(image)
    return attention(pixels, pixels, pixels, mask=Neighborhood(height, width, size=3))


def pixels_of(image: Tensor) -> Tensor:
    return image.flatten(2).mT.unsqueeze(1)  # (B, 1, height · width, C)


def step_of_1(query: Tensor, key: Tensor, value: Tensor) -> Attended:
    return attention(query, key, value, mask=Causal() & Dilated(3, step=1))


def one_chunk(query: Tensor, key: Tensor, value: Tensor) -> Attended:
    return attention(query, key, value, mask=Causal() & Chunk(key.shape[2]))


def stride_of_1(query: Tensor, key: Tensor, value: Tensor) -> Attended:
    return attention(query, key, value, mask=Causal() & Strided(1))


def all_blocks(query: Tensor, key: Tensor, value: Tensor) -> Attended:
    return attention(query, key, value, mask=BigBird(block=1, random=key.shape[2]))


def itself(image: Tensor) -> Attended:
    height, width = image.shape[-2:]
    pixels = pixels_of(image)
    return attention(pixels, pixels, pixels, mask=Neighborhood(height, width, size=1))


PLAIN: frozenset[Property] = frozenset({"weighted sum", "normalized"})

ENTRIES = [
    Entry(
        name="Dilated window",
        tier=2,
        cite="beltagy2020",
        formula=r"i - j \in \{0, s, 2s, \dots, (W-1)s\}",
        time="T · W · D (gathered), T² · D (here)",
        memory="T · D (fused), T² (here)",
        implementation=Dilated,
        example=dilated_window,
        oracle="transformers packed_sequence_mask_function and a window, in PyTorch",
        test=f"{TESTS}::test_masks_equal_the_rules_of_transformers_in_pytorch",
        properties=PLAIN | {"causal"},
        limits=(Limit("a step of 1 is the sliding window", step_of_1, sliding_window),),
    ),
    Entry(
        name="Chunked-local",
        tier=2,
        cite="qiu2020",
        formula=r"j \le i \ \land\ \lfloor i/C \rfloor = \lfloor j/C \rfloor",
        time="T · C · D (chunk by chunk), T² · D (here)",
        memory="T · D (fused), T² (here)",
        implementation=Chunk,
        example=chunked_local,
        oracle="transformers chunked_causal_mask_function, in F.scaled_dot_product_attention",
        test=f"{TESTS}::test_masks_equal_the_rules_of_transformers_in_pytorch",
        properties=PLAIN | {"causal"},
        limits=(Limit("one chunk is causal", one_chunk, causal),),
    ),
    Entry(
        name="Strided",
        tier=3,
        cite="child2019",
        formula=r"j \le i \ \land\ \left(i - j \le s \ \lor\ (i - j) \bmod s = 0\right)",
        time="T√T · D with s = √T (blocks skipped), T² · D (here)",
        memory="T · D (fused), T² (here)",
        implementation=Strided,
        example=strided,
        oracle="transformers packed_sequence_mask_function or a window, in PyTorch",
        test=f"{TESTS}::test_masks_equal_the_rules_of_transformers_in_pytorch",
        properties=PLAIN | {"causal"},
        limits=(Limit("a stride of 1 is causal", stride_of_1, causal),),
    ),
    Entry(
        name="BigBird",
        tier=3,
        cite="zaheer2020",
        formula=r"\text{global} \cup \text{window} \cup \text{random}",
        time="T · n · D for n keys per query (blocks skipped), T² · D (here)",
        memory="T · D (fused), T² (here)",
        implementation=BigBird,
        example=big_bird,
        oracle="transformers BigBirdBlockSparseAttention with the blocks drawn here",
        test=f"{TESTS}::test_big_bird_equals_transformers_with_the_blocks_that_ours_draws",
        properties=PLAIN,
        limits=(Limit("all blocks drawn is full attention", all_blocks, scaled_dot),),
        uncaptured="its blocks are drawn by a generator of their own, which no graph may make",
    ),
    Entry(
        name="Neighborhood",
        tier=3,
        cite="hassani2023",
        formula=r"j \in \text{the } k \times k \text{ pixels nearest to } i",
        time="T · k² · D (gathered), T² · D (here)",
        memory="T · D (fused), T² (here)",
        implementation=Neighborhood,
        example=neighborhood,
        inputs="image",
        oracle="scipy.spatial.KDTree along each axis, and by hand",
        test=f"{TESTS}::test_a_neighborhood_is_of_the_nearest_that_scipy_finds",
        limits=(Limit("k = 1 is the pixel itself", itself, pixels_of),),
    ),
]
