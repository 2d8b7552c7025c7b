"""Blocks and keys chosen by small indexers, by values, or by what a decoder has seen so far."""

from torch import Tensor, nn

from attnlib import Attended, attention
from attnlib.heads import MultiHeadAttention
from attnlib.masks import Causal
from attnlib.sparse import heavy_hitters, max_blocks, observed, page_bounds, switchable
from attnlib.sparse.block_gate import BlockGate
from attnlib.sparse.dynamic_mask import DynamicMaskAttention
from attnlib.sparse.lightning import LightningIndexer
from attnlib.sparse.mean_blocks import MeanBlockIndexer
from attnlib.sparse.reuse import ReusedIndex
from course.catalogue.entry import Entry, Limit
from course.catalogue.masks_and_biases import causal
from course.catalogue.scores import scaled_dot
from course.catalogue.sparse import CAUSAL, WEIGHTED

ORACLES = "tests/lib/oracles/test_chosen_keys.py"
CHOICES = "tests/lib/oracles/test_second_oracles_of_choices.py"
MEMORY = "T · D (gathered), T² (here)"


def best_key_of_blocks(query: Tensor, key: Tensor, value: Tensor, count: int = 2) -> Attended:
    chosen = max_blocks.select(query[:, :2], key[:, :1], heads=4, block=2, count=count)
    return attention(query, key, value, mask=chosen)


def best_keys_of_all(query: Tensor, key: Tensor, value: Tensor) -> Attended:
    return best_key_of_blocks(query, key, value, count=99)


def switched(query: Tensor, key: Tensor, value: Tensor, count: int = 2) -> Attended:
    chosen = switchable.select(query, key, block=2, count=count, length=2, stride=1)
    return attention(query, key, value, mask=chosen)


def switched_to_dense(query: Tensor, key: Tensor, value: Tensor) -> Attended:
    return switched(query, key, value, count=99)


def gated(query: Tensor, key: Tensor, value: Tensor, count: int = 2) -> Attended:
    gate = BlockGate(query.shape[3], heads=4, block=2, count=count).to(query)
    return attention(query, key, value, mask=gate(query, key))


def all_gates_open(query: Tensor, key: Tensor, value: Tensor) -> Attended:
    return gated(query, key, value, count=99)


def mean_of_blocks(x: Tensor, count: int = 1) -> Tensor:
    indexer = MeanBlockIndexer(16, heads=4, head_size=4, block=2, count=count).to(x)
    return MultiHeadAttention(16, heads=4).to(x)(x, mask=indexer(x))


def means_of_all(x: Tensor) -> Tensor:
    return mean_of_blocks(x, count=99)


def all_up_to_each(x: Tensor) -> Tensor:
    MeanBlockIndexer(16, heads=4, head_size=4, block=2, count=1)  # draws the same numbers first
    return MultiHeadAttention(16, heads=4).to(x)(x, mask=Causal())


def reused(x: Tensor) -> Tensor:
    """Two layers, of which the second one looks where the first one did."""
    index = ReusedIndex([LightningIndexer(16, heads=3, head_size=4, count=2), None]).to(x)
    layers = [MultiHeadAttention(16, heads=4).to(x) for _ in range(2)]
    chosen = index(x, layer=0)
    first = x + layers[0](x, mask=chosen)
    return layers[1](first, mask=index(first, layer=1, before=chosen))


def reused_all(x: Tensor) -> Tensor:
    index = ReusedIndex([LightningIndexer(16, heads=3, head_size=4, count=99), None]).to(x)
    layers = [MultiHeadAttention(16, heads=4).to(x) for _ in range(2)]
    chosen = index(x, layer=0)
    first = x + layers[0](x, mask=chosen)
    return layers[1](first, mask=index(first, layer=1, before=chosen))


def two_causal_layers(x: Tensor) -> Tensor:
    LightningIndexer(16, heads=3, head_size=4, count=2)  # draws the same numbers first
    layers = [MultiHeadAttention(16, heads=4).to(x) for _ in range(2)]
    first = x + layers[0](x, mask=Causal())
    return layers[1](first, mask=Causal())


def wanted(x: Tensor, count: int = 2) -> Tensor:
    layer = DynamicMaskAttention(16, heads=4, key_heads=2, count=count).to(x)
    nn.init.normal_(layer.strength)
    return layer(x)


def all_wanted_alike(x: Tensor) -> Tensor:
    """A = 0: the same bias for all keys, and as many as there are."""
    return DynamicMaskAttention(16, heads=4, key_heads=2, count=99).to(x)(x)


def grouped_and_causal(x: Tensor) -> Tensor:
    return MultiHeadAttention(16, heads=4, key_heads=2).to(x)(x, mask=Causal())


def evicted(query: Tensor, key: Tensor, value: Tensor, heavy: int = 1) -> Attended:
    kept = heavy_hitters.select(query, key, heavy=heavy, recent=2)
    return attention(query, key, value, mask=kept)


def nothing_evicted(query: Tensor, key: Tensor, value: Tensor) -> Attended:
    return evicted(query, key, value, heavy=99)


def after_the_prompt(query: Tensor, key: Tensor, value: Tensor, count: int = 1) -> Attended:
    """The prompt's queries stand in for those to come."""
    kept = observed.select(query, key, observed=2, count=count, pool=3)
    return attention(query, key, value, mask=kept)


def all_observed(query: Tensor, key: Tensor, value: Tensor) -> Attended:
    return after_the_prompt(query, key, value, count=99)


def by_bounds(query: Tensor, key: Tensor, value: Tensor, count: int = 2) -> Attended:
    return attention(query, key, value, mask=page_bounds.select(query, key, page=2, count=count))


def all_pages(query: Tensor, key: Tensor, value: Tensor) -> Attended:
    return by_bounds(query, key, value, count=99)


ENTRIES = [
    Entry(
        name="MiniMax sparse attention (MSA)",
        tier=2,
        cite="minimax2026",
        formula=r"\mathrm{softmax}(qK_I^\top/\sqrt{D})\,V_I,\\ "
        r"I = \mathrm{top}_n\left(\max_{j\in\text{block}} q^I\cdot k^I_j\right)",
        time="T² (indexer, small) + T · n · b · D (gathered), T² · D (here)",
        memory=MEMORY,
        implementation=max_blocks.select,
        example=best_key_of_blocks,
        oracle="transformers MiniMaxM3VLIndexer",
        test=f"{ORACLES}::test_blocks_by_their_best_key_are_those_of_minimax_m3",
        properties=CAUSAL,
        limits=(Limit("all blocks are causal attention", best_keys_of_all, causal),),
    ),
    Entry(
        name="Dense and sparse by switch (InfLLM-V2)",
        tier=2,
        cite="zhao2025",
        formula=r"\mathrm{softmax}(qK_I^\top/\sqrt{D})\,V_I,\\ "
        r"I = \mathrm{top}_n\left(\max_{c\,\cap\,\text{block}}\textstyle\sum_h "
        r"\mathrm{softmax}_c\left(q_h\cdot\bar k_c/\sqrt{D}\right)\right)",
        time="T · T/s · D + T · n · b · D (gathered), T² · D (here)",
        memory=MEMORY,
        implementation=switchable.select,
        example=switched,
        oracle="flash-linear-attention naive_nsa_topk with a summary per block, and loops",
        test=f"{CHOICES}::test_switched_blocks_with_a_summary_each_equal_flash_linear_attention",
        properties=CAUSAL,
        limits=(Limit("all blocks are causal attention", switched_to_dense, causal),),
    ),
    Entry(
        name="Learned gate of blocks (SeerAttention)",
        tier=3,
        cite="gao2024",
        formula=r"\mathrm{softmax}(qK_I^\top/\sqrt{D})\,V_I,\\ I = \mathrm{top}_n\left("
        r"\bar q W_q\cdot[k_{\max};\,k_{\min};\,\bar k]\,W_k\right)",
        time="T²/b² (gate, small) + T · n · b · D (gathered), T² · D (here)",
        memory=MEMORY,
        implementation=BlockGate,
        example=gated,
        oracle="F.max_pool1d and F.avg_pool1d of the blocks, and loops",
        test=f"{ORACLES}::test_the_gate_of_blocks_follows_seer_attention",
        properties=WEIGHTED,
        limits=(Limit("all blocks are causal attention", all_gates_open, causal),),
    ),
    Entry(
        name="Qwen sparse attention (QSA)",
        tier=2,
        cite="qwen2026",
        formula=r"\mathrm{softmax}(qK_I^\top/\sqrt{D})\,V_I,\\ "
        r"I = \text{tail}\cup\mathrm{top}_n\left(\textstyle\sum_h "
        r"\mathrm{ReLU}(q^I_h\cdot\overline{k^I}_{\text{block}})\right)",
        time="T · T/b (indexer, small) + T · n · b · D (gathered), T² · D (here)",
        memory=MEMORY,
        implementation=MeanBlockIndexer,
        example=mean_of_blocks,
        inputs="x",
        oracle="transformers Qwen4ExpTextQSAIndexer",
        test=f"{ORACLES}::test_blocks_by_their_mean_are_those_of_qwen",
        properties=frozenset({"causal"}),
        limits=(Limit("all blocks are causal attention", means_of_all, all_up_to_each),),
    ),
    Entry(
        name="Reused index",
        tier=2,
        cite="bai2026",
        formula=r"I^{(n)} = I^{(m)},\quad m \le n \text{ the last layer with an indexer}",
        time="T²/L (one indexer for L layers) + T · k · D (gathered), T² · D (here)",
        memory=MEMORY,
        implementation=ReusedIndex,
        example=reused,
        inputs="x",
        oracle="transformers GlmMoeDsaAttention, a shared layer",
        test=f"{ORACLES}::test_a_layer_that_reuses_the_choice_equals_glm_5",
        properties=frozenset({"causal"}),
        limits=(Limit("all keys: two causal layers", reused_all, two_causal_layers),),
    ),
    Entry(
        name="Dynamic mask attention (DMA)",
        tier=3,
        cite="shi2025",
        formula=r"\mathrm{softmax}_{j\in\mathrm{top}_k(b)}\left(S_{ij} + b_j\right)V,\\ "
        r"b_j = \exp\left(A\,\mathrm{softplus}(v_jW)\right)",
        time="T · k · D (gathered), T² · D (here)",
        memory=MEMORY,
        implementation=DynamicMaskAttention,
        example=wanted,
        inputs="x",
        oracle="transformers DogeAttention",
        test=f"{ORACLES}::test_a_dynamic_mask_equals_doge",
        properties=frozenset({"causal"}),
        limits=(Limit("A = 0 and all keys: causal", all_wanted_alike, grouped_and_causal),),
    ),
    Entry(
        name="Heavy hitters (H2O)",
        tier=2,
        cite="zhang2023",
        formula=r"\mathrm{softmax}_{j\in C_i}(S_{ij})\,V,\quad "
        r"C_i = C_{i-1}\cup\{i\}\setminus\mathrm{argmin}_j\textstyle\sum_{n<i} A_{nj}",
        time="T · k · D (paper), T² · D (here)",
        memory="k · D (paper), T² (here)",
        implementation=heavy_hitters.select,
        example=evicted,
        oracle="hand-derived: a decoder that evicts, token by token",
        test=f"{ORACLES}::test_heavy_hitters_follow_a_decoder_that_evicts",
        properties=CAUSAL,
        limits=(Limit("room for all: causal attention", nothing_evicted, causal),),
    ),
    Entry(
        name="Observed keys (SnapKV)",
        tier=2,
        cite="li2024snap",
        formula=r"\mathrm{softmax}_{j\in C}(S_{ij})\,V,\quad C = \text{last } w\ \cup\ "
        r"\mathrm{top}_k\left(\mathrm{pool}\textstyle\sum_{n\in\text{last } w} A_{nj}\right)",
        time="T · (k + w) · D (paper), T² · D (here)",
        memory="(k + w) · D (paper), T² (here)",
        implementation=observed.select,
        example=after_the_prompt,
        oracle="scipy.ndimage.uniform_filter1d on PyTorch's weights, and loops",
        test=f"{CHOICES}::test_observed_keys_are_those_of_scipys_filter",
        properties=WEIGHTED,
        limits=(Limit("room for all: the prompt as it is", all_observed, scaled_dot),),
    ),
    Entry(
        name="Page bounds (Quest)",
        tier=2,
        cite="tang2024",
        formula=r"\mathrm{softmax}(qK_P^\top/\sqrt{D})\,V_P,\\ P = \mathrm{top}_n\left("
        r"\textstyle\sum_c \max(q_c\,l_c,\ q_c\,u_c)\right)",
        time="T · (T/p + n · p) · D (gathered), T² · D (here)",
        memory="T · D (all keys are kept), T² (here)",
        implementation=page_bounds.select,
        example=by_bounds,
        oracle="mpmath.iv, each page an interval, and loops",
        test=f"{CHOICES}::test_pages_are_the_best_by_mpmaths_intervals",
        properties=CAUSAL,
        limits=(Limit("all pages are causal attention", all_pages, causal),),
    ),
]
