"""Attention over graphs and sets."""

from torch import Tensor, nn

from attnlib.graphs.dynamic_graph_attention import DynamicGraphAttention
from attnlib.graphs.edges import neighborhood
from attnlib.graphs.graph_attention import GraphAttention
from attnlib.sets.induced import InducedSetAttention
from attnlib.sets.pooling import AttentionPooling
from attnlib.sets.set_attention import SetAttention
from course.catalogue.entry import Entry, Limit

GRAPHS = "tests/lib/oracles/test_graphs.py"
SETS = "tests/lib/oracles/test_sets.py"


def like_minded(x: Tensor) -> Tensor:
    """Edges (B, 1, T, T) between the nodes whose vectors point the same way."""
    wide = x.detach().double()
    return (wide @ wide.mT > 0).unsqueeze(1)


def graph(x: Tensor) -> Tensor:
    return GraphAttention(16, heads=2, head_size=4).to(x)(x, like_minded(x))


def indifferent_graph(x: Tensor) -> Tensor:
    layer = GraphAttention(16, heads=2, head_size=4).to(x)
    for part in layer.attend.parameters():
        nn.init.zeros_(part)
    return layer(x, like_minded(x))


def mean_of_neighbors(x: Tensor) -> Tensor:
    layer = GraphAttention(16, heads=2, head_size=4).to(x)
    seen = neighborhood(like_minded(x), x).allowed.squeeze(1).to(x)
    return seen @ layer.value(x) / seen.sum(dim=-1, keepdim=True)


def dynamic_graph(x: Tensor, slope: float = 0.2) -> Tensor:
    return DynamicGraphAttention(16, heads=2, head_size=4, slope=slope).to(x)(x, like_minded(x))


def unbent_dynamic_graph(x: Tensor) -> Tensor:
    return dynamic_graph(x, slope=1.0)


def unbent_graph(x: Tensor) -> Tensor:
    dynamic = DynamicGraphAttention(16, heads=2, head_size=4, slope=1.0).to(x)
    static = GraphAttention(16, heads=2, head_size=4, slope=1.0).to(x)
    static.value.weight = dynamic.value.weight
    combine = dynamic.attend.get_submodule("score").combine
    static.attend.get_submodule("score").seen = combine
    return static(x, like_minded(x))


def set_attention(x: Tensor) -> Tensor:
    return SetAttention(16, heads=4).to(x)(x)


def induced(x: Tensor) -> Tensor:
    return InducedSetAttention(16, heads=4, points=3).to(x)(x)


def pooling(x: Tensor) -> Tensor:
    return AttentionPooling(16, heads=4, seeds=2).to(x)(x)


def undecided_pooling(x: Tensor) -> Tensor:
    layer = AttentionPooling(16, heads=4, seeds=2).to(x)
    nn.init.zeros_(layer.block.attention.query.weight)
    nn.init.zeros_(layer.block.attention.query.bias)
    return layer(x)


def mean_pooling(x: Tensor) -> Tensor:
    layer = AttentionPooling(16, heads=4, seeds=2).to(x)
    mean = layer.forward_layer(x).mean(dim=1, keepdim=True)
    return layer.block(layer.seeds.expand(len(x), -1, -1), mean)


ENTRIES: list[Entry] = [
    Entry(
        name="Graph attention (GAT)",
        tier=2,
        cite="velickovic2018",
        formula=r"e_{ij} = \mathrm{LeakyReLU}(a_1Wx_i + a_2Wx_j),\\"
        r"\mathrm{softmax}_{j\in N(i)}(e_{ij})\,Wx_j",
        time="edges · D (paper), T² · D (here)",
        memory="edges + T · D (paper), T² (here)",
        implementation=GraphAttention,
        example=graph,
        inputs="x",
        oracle="torch_geometric GATConv",
        test=f"{GRAPHS}::test_graph_attention_equals_torch_geometric",
        properties=frozenset({"equivariant"}),
        limits=(Limit("a = 0 is the mean of the neighbors", indifferent_graph, mean_of_neighbors),),
    ),
    Entry(
        name="GATv2",
        tier=2,
        cite="brody2022",
        formula=r"e_{ij} = a\cdot\mathrm{LeakyReLU}(Wx_i + Ux_j),\\"
        r"\mathrm{softmax}_{j\in N(i)}(e_{ij})\,Ux_j",
        time="edges · D (paper), T² · D (here)",
        memory="edges · D (paper), T² · D (here)",
        implementation=DynamicGraphAttention,
        example=dynamic_graph,
        inputs="x",
        oracle="torch_geometric GATv2Conv",
        test=f"{GRAPHS}::test_gatv2_equals_torch_geometric",
        properties=frozenset({"equivariant"}),
        limits=(Limit("without the nonlinearity it is GAT", unbent_dynamic_graph, unbent_graph),),
    ),
    Entry(
        name="Set attention (SAB)",
        tier=2,
        cite="lee2019",
        formula=r"\mathrm{MAB}(X, X),\\ \mathrm{MAB}(X, Y) = \mathrm{norm}(H + \mathrm{rFF}(H)),\\"
        r"H = \mathrm{norm}(X + \mathrm{MultiHead}(X, Y))",
        time="T² · D",
        memory="T · D (fused), T² (weights read)",
        implementation=SetAttention,
        example=set_attention,
        inputs="x",
        oracle="torch_geometric SetAttentionBlock",
        test=f"{SETS}::test_set_attention_equals_torch_geometric",
        properties=frozenset({"equivariant"}),
    ),
    Entry(
        name="Induced set attention (ISAB)",
        tier=2,
        cite="lee2019",
        formula=r"\mathrm{MAB}(X, \mathrm{MAB}(I, X))",
        time="T · M · D",
        memory="(T + M) · D (fused), T · M (weights read)",
        implementation=InducedSetAttention,
        example=induced,
        inputs="x",
        oracle="torch_geometric InducedSetAttentionBlock",
        test=f"{SETS}::test_induced_set_attention_equals_torch_geometric",
        properties=frozenset({"equivariant"}),
    ),
    Entry(
        name="Pooling by attention (PMA)",
        tier=2,
        cite="lee2019",
        formula=r"\mathrm{MAB}(S, \mathrm{rFF}(X))",
        time="T · K · D",
        memory="(T + K) · D (fused), T · K (weights read)",
        implementation=AttentionPooling,
        example=pooling,
        inputs="x",
        oracle="torch_geometric PoolingByMultiheadAttention",
        test=f"{SETS}::test_pooling_equals_torch_geometric",
        limits=(Limit("queries of 0 pool by the mean", undecided_pooling, mean_pooling),),
    ),
]
