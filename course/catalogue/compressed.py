"""One state as key and value of all heads, and many tokens pressed into one entry."""

from torch import Tensor, nn

from attnlib import attention
from attnlib.heads.shared_state import SharedStateAttention
from attnlib.layout import merge_heads
from attnlib.masks import Causal
from attnlib.sparse.compressed_sparse import CompressedSparseAttention
from attnlib.sparse.heavily_compressed import HeavilyCompressedAttention
from course.catalogue.entry import Entry, Limit

ORACLES = "tests/lib/oracles/test_compressed.py"


def shared_state(x: Tensor) -> Tensor:
    layer = SharedStateAttention(16, heads=4, head_size=8, rotary_size=4, query_latent_size=8)
    return layer.to(x)(x, mask=Causal())


def heavily_compressed(x: Tensor, window: int = 2) -> Tensor:
    layer = HeavilyCompressedAttention(
        16, heads=4, head_size=8, rotary_size=4, query_latent_size=8, length=3, window=window
    )
    return layer.to(x)(x)


def compressed_sparse(x: Tensor, count: int = 1) -> Tensor:
    layer = CompressedSparseAttention(
        16,
        heads=4,
        head_size=8,
        rotary_size=4,
        query_latent_size=8,
        length=2,
        window=2,
        count=count,
        index_heads=3,
        index_size=4,
    )
    return layer.to(x)(x)


def unturned(x: Tensor) -> Tensor:
    """Where nothing turns and no sink drinks: the frequencies are 0, the sinks −∞."""
    layer = SharedStateAttention(16, heads=4, head_size=8, rotary_size=4, query_latent_size=8)
    for sink in layer.attend.parameters():
        nn.init.constant_(sink, -float("inf"))
    layer.turns.zero_()
    return layer.to(x)(x, mask=Causal())


def one_key_that_is_the_value(x: Tensor) -> Tensor:
    layer = SharedStateAttention(16, heads=4, head_size=8, rotary_size=4, query_latent_size=8).to(x)
    query = layer.query(layer.query_latent(x)).unflatten(-1, (4, 8)).transpose(1, 2)
    state = layer.norm(layer.state(x)).unsqueeze(1)
    seen = attention(layer.query_norm(query), state, state, mask=Causal())
    return layer.output(merge_heads(seen.output))


def too_short_for_an_entry(x: Tensor) -> Tensor:
    """A window over the whole text, and entries longer than it."""
    layer = HeavilyCompressedAttention(
        16, heads=4, head_size=8, rotary_size=4, query_latent_size=8, length=99, window=99
    )
    return layer.to(x)(x)


def all_entries(x: Tensor) -> Tensor:
    return compressed_sparse(x, count=99)


def all_finished_entries(x: Tensor) -> Tensor:
    """The same layer, in which every finished entry counts as chosen."""

    class Unchosen(CompressedSparseAttention):
        def _chosen(self, x: Tensor, latent: Tensor, finished: Tensor, *_: object) -> Tensor:
            return finished.expand(len(x), -1, -1, -1)

    layer = Unchosen(
        16,
        heads=4,
        head_size=8,
        rotary_size=4,
        query_latent_size=8,
        length=2,
        window=2,
        count=1,
        index_heads=3,
        index_size=4,
    )
    return layer.to(x)(x)


ENTRIES: list[Entry] = [
    Entry(
        name="Shared key and value, turned back",
        tier=2,
        cite="deepseek2026",
        formula=r"R_{-i}\,\mathrm{softmax}\!\left(R_i q_i\cdot R_j c_j/\sqrt{D},\ "
        r"\text{sink}\right)R_j c_j",
        time="T² · D",
        memory="T · D (fused), T² (here)",
        implementation=SharedStateAttention,
        example=shared_state,
        inputs="x",
        oracle="transformers DeepseekV4Attention",
        test=f"{ORACLES}::test_one_state_as_key_and_value_equals_deepseek_v4",
        properties=frozenset({"causal"}),
        limits=(
            Limit(
                "no turn and no sink: multi-query, its key also the value",
                unturned,
                one_key_that_is_the_value,
            ),
        ),
    ),
    Entry(
        name="Heavily compressed attention (HCA)",
        tier=2,
        cite="deepseek2026",
        formula=r"\mathrm{softmax}(q_i[K_{\text{window}}, E]^\top/\sqrt{D})\,"
        r"[K_{\text{window}}, E],\\ E_w = \textstyle\sum_{j\in w}"
        r"\mathrm{softmax}_j(Z_j + B_j)\odot C_j",
        time="T · (w + T/m) · D (gathered), T² · D (here)",
        memory="(w + T/m) · D (gathered), T² (here)",
        implementation=HeavilyCompressedAttention,
        example=heavily_compressed,
        inputs="x",
        oracle="transformers DeepseekV4Attention with DeepseekV4HCACompressor",
        test=f"{ORACLES}::test_heavily_compressed_attention_equals_deepseek_v4",
        properties=frozenset({"causal"}),
        limits=(Limit("a window over all and no entry yet", too_short_for_an_entry, shared_state),),
    ),
    Entry(
        name="Compressed sparse attention (CSA)",
        tier=2,
        cite="deepseek2026",
        formula=r"\mathrm{softmax}(q_i[K_{\text{window}}, E_I]^\top/\sqrt{D})"
        r"\,[K_{\text{window}}, E_I],\\ I = \mathrm{top}_k\left(\textstyle\sum_h w_{ih}\,"
        r"\mathrm{ReLU}(q^I_{ih}\cdot E^I)\right)",
        time="T · T/m (indexer, small) + T · (w + k) · D (gathered), T² · D (here)",
        memory="(w + T/m) · D (gathered), T² (here)",
        implementation=CompressedSparseAttention,
        example=compressed_sparse,
        inputs="x",
        oracle="transformers DeepseekV4Attention with DeepseekV4CSACompressor",
        test=f"{ORACLES}::test_compressed_sparse_attention_equals_deepseek_v4",
        properties=frozenset({"causal"}),
        limits=(Limit("the best of all are all", all_entries, all_finished_entries),),
    ),
]
