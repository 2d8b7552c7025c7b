"""PyTorch's transforms over every type: vmap, func.grad, meta, FakeTensorMode and jit.trace.

An entry works under all of them, or stands below with what is said instead, or with the reason why
its example is none for this transform. (torch.compile, torch.export: test_compile, test_export.)
"""

import pytest
import torch
from test_export import Example
from torch import nn
from torch._subclasses.fake_tensor import FakeTensorMode

from attnlib import attention, explain, heads, kernels, masks, retrieval
from attnlib.checks import lowest_and_highest
from attnlib.models.bert import Bert
from attnlib.models.transformer import Transformer
from course.catalogue import CATALOGUE, example_inputs, run

IN_PLACE = "this cache is written in place, which no gradient can pass"
BIAS = "fused kernel has no gradient of a bias inside torch.func; impl=.reference. has"
REFUSED = {
    "vmap": {
        "Dynamic mask attention (DMA)": BIAS,
        "Forgetting attention (FoX)": BIAS,
        "Selective attention": BIAS,
    },
    "grad": {
        "Memory-efficient attention in chunks": "impl=.chunked. computes its chunks again in the "
        "backward pass, which torch.func.grad does not allow",
        "Shifted windows (Swin)": BIAS,
        "Transient-global attention (LongT5)": BIAS,
    },
}
LEFT_OUT = {
    "Paged cache (PagedAttention)": "it is written in place: no gradient, and the layer has some",
    "Key-value cache": "its cache would go on from one call to the next",
    **dict.fromkeys(
        (
            "T5 buckets",
            "Functional bias (FIRE)",
            "Kernel bias, power (KERPLE)",
            "Kernel bias, logarithmic (KERPLE)",
        ),
        "it is called with lengths, not with tensors",
    ),
    **dict.fromkeys(
        (
            "Qwen sparse attention (QSA)",
            "Reused index",
            "Learned gate of blocks (SeerAttention)",
        ),
        "its module gives what it selected, for a layer to take",
    ),
}
OWN_BACKWARD = {"FlashAttention": "its backward pass is its own"}
LEFT_OUT_ON_META = {
    "Cross-attention": "its example makes a context on the CPU",
    "Deformable attention": "its example makes maps on the CPU",
}
DRAWS = "what a trace draws at random, it draws anew in each call, whatever the seed"
LEFT_OUT_TRACED = dict.fromkeys(
    (
        "Gumbel-softmax",
        "Straight-through hard attention",
        "Slot attention",
        "BigBird",
        "AFT-full",
        "AFT-local",
        "Performer",
        "Causal Performer",
        "Reformer (LSH)",
    ),
    DRAWS,
)


def entries(transform, left_out=()):
    left_out = {**LEFT_OUT, **dict(left_out), **REFUSED.get(transform, {})}
    chosen = [entry for entry in CATALOGUE if entry.name not in left_out]
    return pytest.mark.parametrize("entry", chosen, ids=lambda entry: entry.name)


def case(entry):
    """Its module, with parameters drawn, or its example; and what goes in."""
    example = run(lambda: Example(entry, example_inputs(entry)))
    return lambda *states: run(example, *states), example.states


def check_vmap(entry):
    function, states = case(entry)
    twice = torch.func.vmap(function, randomness="same")(*(torch.stack([x, x]) for x in states))
    torch.testing.assert_close(twice, torch.stack([function(*states)] * 2))


def check_gradient(entry):
    function, states = case(entry)
    learned = [place for place, x in enumerate(states) if x.is_floating_point()]

    def loss(*some):
        given = dict(zip(learned, some, strict=True))
        return function(*(given.get(i, x) for i, x in enumerate(states))).square().sum()

    some = [states[place].clone().requires_grad_() for place in learned]
    ours = torch.func.grad(loss, argnums=tuple(range(len(some))))(*(x.detach() for x in some))
    expected = torch.autograd.grad(loss(*some), some, materialize_grads=True)
    torch.testing.assert_close(ours, expected)


CHECKS = {"vmap": check_vmap, "grad": check_gradient}


@pytest.mark.filterwarnings("ignore:There is a performance drop")
@entries("vmap", OWN_BACKWARD)
def test_it_goes_through_vmap(entry):
    check_vmap(entry)


@entries("grad", OWN_BACKWARD)
def test_its_functional_gradient_is_that_of_autograd(entry):
    check_gradient(entry)


@pytest.mark.filterwarnings("ignore:There is a performance drop")
@pytest.mark.parametrize(
    ("transform", "name"),
    [(transform, name) for transform in REFUSED for name in REFUSED[transform]],
)
def test_a_transform_that_cannot_be_is_refused_in_our_words(transform, name):
    (entry,) = (entry for entry in CATALOGUE if entry.name == name)
    with pytest.raises(RuntimeError, match=REFUSED[transform][name]):
        CHECKS[transform](entry)


@entries("meta", LEFT_OUT_ON_META)
def test_its_shape_is_known_on_meta(entry):
    function, states = case(entry)
    expected = function(*states).shape
    example = run(lambda: Example(entry, example_inputs(entry))).to("meta")
    with torch.device("meta"):
        assert example(*(x.to("meta") for x in states)).shape == expected


@entries("fake")
def test_its_shape_is_known_among_fake_tensors(entry):
    function, states = case(entry)
    expected = function(*states).shape
    with FakeTensorMode(allow_non_fake_inputs=True) as fake:
        assert function(*map(fake.from_tensor, states)).shape == expected


@pytest.mark.filterwarnings("ignore::torch.jit.TracerWarning")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@entries("trace", LEFT_OUT_TRACED)
def test_a_trace_computes_the_same(entry):
    example = run(lambda: Example(entry, example_inputs(entry)))
    traced = torch.jit.trace(example, example.states, check_trace=False)
    fresh = [states.flip(-1) for states in example.states]
    torch.testing.assert_close(traced(*fresh), run(example, *fresh))


class Causal(nn.Module):
    def __init__(self, layer):
        super().__init__()
        self.layer = layer

    def forward(self, x):
        seen = self.layer(x, mask=masks.Causal())
        return seen if isinstance(seen, torch.Tensor) else seen.output


LAYERS = {
    "multi-head": heads.MultiHeadAttention(16, 4),
    "grouped": heads.MultiHeadAttention(16, 4, key_heads=2),
    "gated": heads.GatedAttention(16, 4),
    "differential": heads.DifferentialAttention(16, 2),
    "forgetting": heads.ForgettingAttention(16, 4),
    "selective": heads.SelectiveAttention(16, 4),
    "multi-token": heads.MultiTokenAttention(16, 4, queries=2, keys=3),
    "latent": heads.LatentAttention(16, 4, head_size=4, latent_size=6, rotary_size=2),
    "registers": heads.Registers(heads.MultiHeadAttention(16, 4), 16, count=2),
}


@pytest.mark.filterwarnings("ignore::torch.jit.TracerWarning")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("causal", [False, True], ids=["open", "causal"])
@pytest.mark.parametrize("name", LAYERS)
def test_every_layer_of_heads_is_traced_for_any_batch(name, causal):
    layer = Causal(LAYERS[name]) if causal and name != "registers" else LAYERS[name]
    traced = torch.jit.trace(layer, torch.randn(2, 6, 16))
    x = torch.randn(5, 6, 16)
    torch.testing.assert_close(traced(x), layer(x))


def states(*shape):
    return torch.randn(*shape, 2, 4, 6, 8)


LENGTHS = torch.tensor([[5, 3], [2, 6], [1, 1]])


@pytest.mark.filterwarnings("ignore:There is a performance drop")
@pytest.mark.parametrize("impl", ["reference", "sdpa"])
@pytest.mark.parametrize("side", ["right", "left"])
def test_lengths_may_come_through_vmap(impl, side):
    def attend(query, lengths):
        mask = masks.Padding(lengths, side=side) & masks.Causal()
        return attention(query, query, query, mask=mask, impl=impl).output

    query = states(3)
    looped = torch.stack([attend(*one) for one in zip(query, LENGTHS, strict=True)])
    torch.testing.assert_close(torch.func.vmap(attend)(query, LENGTHS), looped)


MODELS = {
    "Transformer": lambda: Transformer(11, 13, size=16, heads=4, layers=1, hidden=8),
    "BERT": lambda: Bert(11, size=16, heads=4, layers=1, hidden=8),
}


def read(name, words, lengths):
    model = MODELS[name]()
    return model(words, lengths, words) if name == "Transformer" else model(words, lengths)


@pytest.mark.parametrize("name", MODELS)
def test_a_model_with_lengths_runs_without_values(name):
    words, lengths = torch.randint(11, (2, 6)), torch.tensor([5, 3])
    expected = read(name, words, lengths).shape
    with torch.device("meta"):
        assert read(name, words.to("meta"), lengths.to("meta")).shape == expected
    with FakeTensorMode() as fake:
        assert read(name, *map(fake.from_tensor, (words, lengths))).shape == expected


def test_values_are_not_read_where_there_are_none():
    words = torch.tensor([3, 1, 2])
    assert lowest_and_highest(words) == (1, 3)
    assert lowest_and_highest(words[:0]) is None
    assert lowest_and_highest(words.to("meta")) is None
    with FakeTensorMode() as fake:
        faked = fake.from_tensor(words)
        assert lowest_and_highest(faked) is None
    assert lowest_and_highest(faked) is None
    found = []
    torch.func.vmap(lambda some: found.append(lowest_and_highest(some)) or some)(words[None])
    assert found == [None]


def test_what_goes_wrong_while_values_are_read_is_raised():
    with pytest.raises(RuntimeError, match="not implemented for 'ComplexFloat'"):
        lowest_and_highest(torch.ones(2, dtype=torch.complex64))


def test_copying_without_values_takes_the_words_as_they_are():
    shares = [torch.rand(2, 3, size, device="meta") for size in (1, 7, 5)]
    source = torch.zeros(2, 5, dtype=torch.long, device="meta")
    assert retrieval.copy_or_generate(*shares, source).shape == (2, 3, 7)


def tangent(impl):
    query = states()
    return torch.func.jvp(
        lambda x: attention(x, x, x, mask=masks.Causal(), impl=impl).output, (query,), (query,)
    )


def test_forward_mode_takes_the_reference_by_itself():
    torch.manual_seed(0)
    by_itself = tangent("auto")
    torch.manual_seed(0)
    torch.testing.assert_close(by_itself, tangent("reference"))


def test_the_plan_of_a_call_in_forward_mode_says_so():
    said = []

    def told(x):
        said.append(explain(x, x, x))
        return x

    torch.func.jvp(told, (states(),), (states(),))
    assert said == ["reference: forward mode, which no fused kernel has"]


def test_a_hessian_of_attention_is_that_of_the_reference():
    def loss(query, impl):
        return attention(query, query, query, impl=impl).output.square().sum()

    query = torch.randn(1, 1, 3, 2, dtype=torch.float64)
    ours, expected = (torch.func.hessian(loss)(query, impl) for impl in ("auto", "reference"))
    torch.testing.assert_close(ours, expected)


def test_a_fused_kernel_asked_for_in_forward_mode_names_the_reference():
    with pytest.raises(NotImplementedError, match=r"no forward mode; impl=.reference. has"):
        tangent("sdpa")


LONG = torch.randn(1, 1, 200, 4)


@pytest.mark.parametrize("impl", ["auto", "sdpa", "banded"])
def test_a_second_derivative_of_a_fused_kernel_names_the_reference(impl):
    query = LONG.clone().requires_grad_()
    mask = masks.Causal() & masks.Window(3)
    loss = attention(query, query, query, mask=mask, impl=impl).output.square().sum()
    (gradient,) = torch.autograd.grad(loss, query, create_graph=True)
    with pytest.raises(RuntimeError, match=r"no second derivative; impl=.reference. has"):
        gradient.square().sum().backward()


def test_a_first_derivative_that_could_go_on_is_the_same():
    query = states().requires_grad_()
    loss = kernels.sdpa(query, query, query).square().sum()
    (kept,) = torch.autograd.grad(loss, query, create_graph=True)
    torch.testing.assert_close(kept, torch.autograd.grad(loss, query)[0])
