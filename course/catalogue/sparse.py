"""Keys selected while the model runs."""

from torch import Tensor, nn

from attnlib import Attended, attention
from attnlib.layout import merge_heads, split_heads
from attnlib.masks import Causal
from attnlib.sparse import lightning
from attnlib.sparse.lightning import LightningIndexer
from attnlib.sparse.mixture_of_blocks import mixture_of_block_attention
from attnlib.sparse.native import NativeSparseAttention
from attnlib.sparse.top_k import top_k_attention
from course.catalogue.entry import Entry, Limit, Property
from course.catalogue.masks_and_biases import causal
from course.catalogue.scores import scaled_dot
from course.catalogue.sparse_masks import chunked_local

ORACLE = "F.scaled_dot_product_attention with the selected mask"
ORACLES = "tests/lib/oracles/test_sparse.py"
CHOICES = "tests/lib/oracles/test_second_oracles_of_choices.py"


def top_k(query: Tensor, key: Tensor, value: Tensor) -> Attended:
    return top_k_attention(query, key, value, count=3)


def top_k_of_all(query: Tensor, key: Tensor, value: Tensor) -> Attended:
    return top_k_attention(query, key, value, count=key.shape[2])


def routed(query: Tensor, key: Tensor, value: Tensor) -> Attended:
    return mixture_of_block_attention(query, key, value, block=2, count=2)


def routed_to_all(query: Tensor, key: Tensor, value: Tensor) -> Attended:
    return mixture_of_block_attention(query, key, value, block=2, count=key.shape[2])


def routed_to_its_own(query: Tensor, key: Tensor, value: Tensor) -> Attended:
    return mixture_of_block_attention(query, key, value, block=3, count=1)


def indexed(query: Tensor, key: Tensor, value: Tensor, count: int = 3) -> Attended:
    scores = lightning.index_scores(query, key[:, :1], value.mean(dim=-1))
    return attention(query, key, value, mask=lightning.select(scores, count=count))


def indexed_all(query: Tensor, key: Tensor, value: Tensor) -> Attended:
    return indexed(query, key, value, count=key.shape[2])


def native(x: Tensor) -> Tensor:
    layer = NativeSparseAttention(16, heads=4, length=2, stride=1, block=1, count=3, window=2)
    return layer.to(x)(x)


def all_seeing(x: Tensor) -> NativeSparseAttention:
    """A layer whose heads share keys in pairs, and which selects every block."""
    count = max(3, x.shape[1])
    return NativeSparseAttention(
        16, heads=4, key_heads=2, length=2, stride=1, block=1, count=count, window=2
    ).to(x)


def only(branch: int, layer: NativeSparseAttention) -> NativeSparseAttention:
    """With one gate open and the other two closed."""
    nn.init.zeros_(layer.gate.weight)
    nn.init.constant_(layer.gate.bias, -100.0)
    nn.init.constant_(layer.gate.bias.unflatten(0, (3, -1))[branch], 100.0)
    return layer


def all_blocks(x: Tensor) -> Tensor:
    return only(1, all_seeing(x))(x)


def causal_with_the_second_keys(x: Tensor) -> Tensor:
    plain = all_seeing(x)
    query = split_heads(plain.query(x), 4)
    key = split_heads(plain.key(x), 6)[:, 2:4]
    value = split_heads(plain.value(x), 6)[:, 2:4]
    return plain.output(merge_heads(attention(query, key, value, mask=Causal()).output))


WEIGHTED: frozenset[Property] = frozenset({"weighted sum", "normalized"})
CAUSAL: frozenset[Property] = frozenset({"weighted sum", "normalized", "causal"})

ENTRIES: list[Entry] = [
    Entry(
        name="Top-k",
        tier=2,
        cite="zhao2019",
        formula=r"\mathrm{softmax}_{j\in\mathrm{top}_k(q_i\cdot K)}"
        r"\!\left(q_i\cdot k_j/\sqrt{D}\right)V",
        time="T² · D (scores) + T · k · D",
        memory="T²",
        implementation=top_k_attention,
        example=top_k,
        oracle=ORACLE,
        test=f"{ORACLES}::test_top_k_equals_pytorch_on_the_keys_that_torch_topk_finds",
        properties=WEIGHTED | {"unordered"},
        limits=(Limit("the best of all are all", top_k_of_all, scaled_dot),),
    ),
    Entry(
        name="Mixture of block attention (MoBA)",
        tier=2,
        cite="lu2025",
        formula=r"\mathrm{softmax}(qK_I^\top/\sqrt{D})\,V_I,\\ I = \text{own}\cup"
        r"\mathrm{top}_{k-1}\left(q\cdot\overline{K_1}, \dots, q\cdot\overline{K_n}\right)",
        time="T · (T/b + k · b) · D (gathered), T² · D (here)",
        memory="T · D (gathered), T² (here)",
        implementation=mixture_of_block_attention,
        example=routed,
        oracle="flash-linear-attention parallel_moba, its kernel by PyTorch, and loops",
        test=f"{CHOICES}::test_mixture_of_blocks_equals_flash_linear_attention",
        properties=CAUSAL,
        limits=(
            Limit("all blocks are causal attention", routed_to_all, causal),
            Limit("k = 1 is each block by itself", routed_to_its_own, chunked_local),
        ),
    ),
    Entry(
        name="Native sparse attention (NSA)",
        tier=2,
        cite="yuan2025",
        formula=r"\sum_{c\in\{\mathrm{cmp},\mathrm{slc},\mathrm{win}\}}\\"
        r"\sigma(xW_c)\,\mathrm{softmax}(qK_c^\top/\sqrt{D})\,V_c",
        time="T · (T/s + n · l′ + w) · D (gathered), T² · D (here)",
        memory="T · D (gathered), T² (here)",
        implementation=NativeSparseAttention,
        example=native,
        inputs="x",
        oracle="flash-linear-attention naive_nsa_… with blocks of one kind, and loops",
        test=f"{CHOICES}::test_native_with_one_kind_of_block_equals_flash_linear_attention",
        properties=frozenset({"causal"}),
        limits=(
            Limit(
                "all blocks, the other gates closed: causal attention",
                all_blocks,
                causal_with_the_second_keys,
            ),
        ),
    ),
    Entry(
        name="DeepSeek sparse attention (DSA)",
        tier=2,
        cite="deepseek2025",
        formula=r"\mathrm{softmax}_{s\in\mathrm{top}_k(I_t)}(q_t\cdot k_s/\sqrt{D})\,V,\\"
        r"I_{ts} = \sum_j w_{tj}\,\mathrm{ReLU}(q^I_{tj}\cdot k^I_s)",
        time="T² (indexer, small) + T · k · D (gathered), T² · D (here)",
        memory="T · D (gathered), T² (here)",
        implementation=LightningIndexer,
        example=indexed,
        oracle="transformers DeepseekV32Indexer",
        test=f"{ORACLES}::test_the_lightning_indexer_selects_what_deepseek_v32_does",
        properties=CAUSAL,
        limits=(Limit("the best of all are causal attention", indexed_all, causal),),
    ),
]
