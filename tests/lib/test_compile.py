"""Graph capture: torch.compile without a graph break, torch.export with any length, vmap."""

import pytest
import torch
from jaxtyping import Float

from attnlib import Attend, MultiHeadAttention, attention, masks, normalizers, scores
from attnlib.checks import checked
from course.catalogue import CATALOGUE, example_inputs, output_of, run

MASKS = {
    "none": None,
    "causal": masks.Causal(),
    "sliding window": masks.Causal() & masks.Window(3),
    "prefix": masks.Causal() | masks.Prefix(2),
    "padding": masks.Padding(torch.tensor([5, 3])),
    "document": masks.Document(torch.arange(6) // 3),
    "dense": masks.Dense(torch.ones(6, 6, dtype=torch.bool).tril()),
    "not": ~masks.Prefix(1),
}


@pytest.fixture(autouse=True)
def forget_compiled_code():
    torch.compiler.reset()


def captured(function, backend="eager"):
    return torch.compile(function, fullgraph=True, backend=backend)


def inputs(length=6):
    return torch.randn(2, 4, length, 8), torch.randn(2, 2, length, 8), torch.randn(2, 2, length, 8)


@pytest.mark.parametrize("mask", MASKS.values(), ids=MASKS)
def test_attention_is_one_graph_under_every_mask(mask):
    def attend(query, key, value):
        seen = attention(query, key, value, mask=mask)
        return seen.output, seen.rows(slice(None))

    states = inputs()
    for ours, expected in zip(captured(attend)(*states), attend(*states), strict=True):
        torch.testing.assert_close(ours, expected)


def test_what_was_seen_can_be_read_inside_the_graph():
    def attend(query, key, value):
        seen = attention(query, key, value, mask=masks.Causal())
        return seen.weights, seen.weights, seen.scores, seen.logsumexp

    states = inputs()
    for ours, expected in zip(captured(attend)(*states), attend(*states), strict=True):
        torch.testing.assert_close(ours, expected)


def test_a_mask_may_be_made_inside_the_graph():
    def attend(query, key, value, lengths):
        return attention(query, key, value, mask=masks.Padding(lengths) & masks.Causal()).output

    states = (*inputs(), torch.tensor([5, 3]))
    torch.testing.assert_close(captured(attend)(*states), attend(*states))


@pytest.mark.parametrize("impl", ["reference", "sdpa"])
def test_the_backward_pass_is_captured_too(impl):
    def loss(query, key, value):
        return attention(query, key, value, mask=masks.Causal(), impl=impl).output.square().sum()

    states = [s.requires_grad_() for s in inputs()]
    ours = torch.autograd.grad(captured(loss, "aot_eager")(*states), states)
    torch.testing.assert_close(ours, torch.autograd.grad(loss(*states), states))


def test_a_learned_score_is_captured():
    score = scores.Additive(8, 8, hidden_size=4)

    def attend(query, key, value):
        return attention(query, key, value, score=score, bias=query.new_ones(1, 1, 1, 1)).output

    states = inputs()
    torch.testing.assert_close(captured(attend)(*states), attend(*states))


def test_multi_head_attention_is_one_graph():
    layer = MultiHeadAttention(16, heads=4, key_heads=2, attend=Attend(dropout_p=0.1)).eval()
    x = torch.randn(2, 6, 16)
    torch.testing.assert_close(
        captured(layer)(x, mask=masks.Causal()), layer(x, mask=masks.Causal())
    )


class Exported(torch.nn.Module):
    def __init__(self, mask):
        super().__init__()
        self.layer = MultiHeadAttention(16, heads=4)
        self.mask = mask

    def forward(self, x):
        return self.layer(x, mask=self.mask)


@pytest.mark.parametrize("name", ["none", "causal", "sliding window", "prefix", "padding"])
def test_an_exported_layer_takes_any_length(name):
    layer = Exported(MASKS[name])
    length = torch.export.Dim("length", min=5)
    program = torch.export.export(layer, (torch.randn(2, 6, 16),), dynamic_shapes=({1: length},))
    for tokens in (5, 6, 11):
        x = torch.randn(2, tokens, 16)
        torch.testing.assert_close(program.module()(x), layer(x))


@pytest.mark.filterwarnings("ignore:There is a performance drop")  # no batching rule for the kernel
@pytest.mark.parametrize("impl", ["reference", "sdpa"])
def test_vmap_over_models_equals_a_loop(impl):
    def attend(query, key):
        return attention(query, key, key, mask=masks.Causal() & masks.Window(3), impl=impl).output

    query, key = torch.randn(3, 2, 4, 6, 8), torch.randn(3, 2, 4, 6, 8)
    looped = torch.stack([attend(q, k) for q, k in zip(query, key, strict=True)])
    torch.testing.assert_close(torch.func.vmap(attend)(query, key), looped)


def test_gradients_per_sample_equal_a_loop():
    def loss(query, key):
        return attention(query, key, key, mask=masks.Causal(), impl="reference").output.sum()

    query, key = torch.randn(3, 1, 2, 6, 8), torch.randn(3, 1, 2, 6, 8)
    looped = torch.stack([torch.func.grad(loss)(q, k) for q, k in zip(query, key, strict=True)])
    torch.testing.assert_close(torch.func.vmap(torch.func.grad(loss))(query, key), looped)


COMPILED = [entry for entry in CATALOGUE if not entry.uncaptured]


def run_captured(entry, states, monkeypatch):
    """The example with its module's forward as one graph, or all of it when it makes no module."""
    modules = []

    def call(module, *arguments, **options):
        modules.append(module)
        with monkeypatch.context() as inside:
            inside.setattr(torch.nn.Module, "__call__", plain_call)
            return captured(module.forward)(*arguments, **options)

    plain_call = torch.nn.Module.__call__
    with monkeypatch.context() as outside:
        outside.setattr(torch.nn.Module, "__call__", call)
        result = run(entry.example, *states)
    if modules:
        return output_of(result)
    return run(captured(lambda *x: output_of(entry.example(*x))), *states)


@pytest.mark.filterwarnings("ignore:.*autograd.function.Function.* should not be instantiated")
@pytest.mark.filterwarnings("ignore:The .grad attribute")  # one module's output into the next graph
@pytest.mark.parametrize("entry", COMPILED, ids=lambda entry: entry.name)
def test_every_entry_is_one_graph_unless_it_says_why_not(entry, monkeypatch):
    states = example_inputs(entry)
    expected = output_of(run(entry.example, *states))
    torch.testing.assert_close(run_captured(entry, states, monkeypatch), expected)


@pytest.mark.filterwarnings("ignore::torch.jit.TracerWarning")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_trace_leaves_nothing_behind_for_later_graphs():
    """Sizes are tensors while torch.jit.trace looks on: no check may keep them."""
    scores = torch.randn(2, 3)
    torch.jit.trace(lambda s: normalizers.Entmax(1.3)(s), scores)
    graph = captured(lambda s: normalizers.Entmax(1.3)(s))
    torch.testing.assert_close(graph(scores), normalizers.Entmax(1.3)(scores))


CHECKED = """
@checked
def times_{0}(x: Float[Tensor, "B T"]):
    return x * {0}
"""


def test_many_checked_functions_may_each_be_a_graph():
    """torch.compile makes so many graphs of one code and no more: eight, by default."""
    scope = {"checked": checked, "Float": Float, "Tensor": torch.Tensor}
    for factor in range(12):
        exec(CHECKED.format(factor), scope)
    x = torch.randn(2, 3)
    for factor in range(12):
        function = scope[f"times_{factor}"]
        assert torch.equal(captured(function)(x), x * factor)
        assert function.__code__.co_name == function.__name__
