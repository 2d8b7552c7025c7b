"""Attention over graphs, against torch_geometric."""

import pytest
import torch
from torch_geometric.nn import GATConv, GATv2Conv

from attnlib import record_attention
from attnlib.graphs.dynamic_graph_attention import DynamicGraphAttention
from attnlib.graphs.graph_attention import GraphAttention
from oracles.agreement import assert_agree, normal

NODES = 5
#       node i sees the nodes j of its row; nodes 3 and 4 see nobody but themselves
EDGES = torch.tensor(
    [[0, 1, 0, 1, 0], [1, 0, 1, 0, 0], [1, 1, 0, 1, 1], [0, 0, 0, 0, 0], [0, 0, 0, 0, 1]]
).bool()
BOTH = {
    "GAT": GraphAttention(6, heads=2, head_size=4).double(),
    "GATv2": DynamicGraphAttention(6, heads=2, head_size=4).double(),
}
both = pytest.mark.parametrize("layer", BOTH.values(), ids=BOTH)


def edge_list(edges):
    """torch_geometric's edges: the node seen, then the node that looks."""
    looking, seen = edges.nonzero(as_tuple=True)
    return torch.stack((seen, looking))


def each(conv, x, edges):
    """torch_geometric takes one graph at a time."""
    return torch.stack([conv(graph, edge_list(edges)) for graph in x])


def test_graph_attention_equals_torch_geometric():
    theirs = GATConv(6, 4, heads=2, bias=False).double()
    ours = GraphAttention(6, heads=2, head_size=4).double()
    ours.value.weight.data = theirs.lin.weight.data
    ours.attend.score.looking.data = theirs.att_dst.data[0]
    ours.attend.score.seen.data = theirs.att_src.data[0]
    x = normal(2, NODES, 6)
    assert_agree(ours(x, EDGES), each(theirs, x, EDGES), (x,))


def test_gatv2_equals_torch_geometric():
    theirs = GATv2Conv(6, 4, heads=2, bias=False).double()
    ours = DynamicGraphAttention(6, heads=2, head_size=4).double()
    ours.value.weight.data = theirs.lin_l.weight.data
    ours.query.weight.data = theirs.lin_r.weight.data
    ours.attend.score.combine.data = theirs.att.data[0]
    x = normal(2, NODES, 6)
    assert_agree(ours(x, EDGES), each(theirs, x, EDGES), (x,))


@both
def test_a_graph_a_sequence_equals_the_graphs_one_by_one(layer):
    x = normal(2, NODES, 6)
    graphs = torch.stack((EDGES, EDGES.mT)).unsqueeze(1)
    one_by_one = [layer(x[b : b + 1], graphs[b, 0]) for b in range(2)]
    assert_agree(layer(x, graphs), torch.cat(one_by_one))


@both
def test_a_node_without_neighbors_keeps_its_own_value(layer):
    x = normal(1, NODES, 6)
    assert_agree(layer(x, EDGES)[:, 3], layer.value(x)[:, 3])


@both
def test_nodes_that_are_not_neighbors_change_nothing(layer):
    x = normal(1, NODES, 6).detach()
    other = x.index_fill(1, torch.tensor([4]), 9.0)
    blind = [0, 1, 3]  # who does not see node 4
    assert torch.equal(layer(other, EDGES)[:, blind], layer(x, EDGES)[:, blind])


def preferred(layer, x):
    """Which node each node likes best, in a graph where all see all."""
    with record_attention(layer) as maps:
        layer(x, torch.ones(x.shape[1], x.shape[1], dtype=torch.bool))
    return maps[""].weights.argmax(dim=-1)


def test_in_gat_every_node_of_a_head_prefers_the_same():
    """The paper's static attention; its LeakyReLU keeps the order."""
    likes = preferred(BOTH["GAT"], normal(1, NODES, 6))
    assert (likes == likes[..., :1]).all()


def test_in_gatv2_each_node_can_prefer_itself():
    """W = U = I, a = (1, 1). With itself: 6 − 0.2 · 6 = 4.8. With its opposite: 0."""
    layer = DynamicGraphAttention(2, heads=1, head_size=2)
    torch.nn.init.eye_(layer.query.weight)
    torch.nn.init.eye_(layer.value.weight)
    torch.nn.init.ones_(layer.attend.score.combine)
    assert preferred(layer, torch.tensor([[[3.0, -3.0], [-3.0, 3.0]]])).tolist() == [[[0, 1]]]


@both
@pytest.mark.parametrize(
    ("edges", "error", "message"),
    [
        (EDGES.float(), TypeError, "edges must be boolean"),
        (EDGES[:4], ValueError, "edges has length 4, but x has 5"),
        (
            EDGES[None],
            ValueError,
            r"edges must have the axes \(5, 5\) or \(1, 1, 5, 5\), got \(1, 5, 5\)",
        ),
    ],
)
def test_edges_that_do_not_fit_are_refused(layer, edges, error, message):
    with pytest.raises(error, match=message):
        layer(normal(1, NODES, 6), edges)


@both
def test_nodes_of_another_size_are_refused(layer):
    with pytest.raises(ValueError, match=r"x must have the axes \(B, T, 6\), got \(1, 5, 7\)"):
        layer(normal(1, NODES, 7), EDGES)
