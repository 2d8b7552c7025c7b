"""FlashAttention in C: against the reference in float64, in values and in gradients."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from native import COMPILER, needs_native
from torch.autograd import forward_ad

from attnlib import attention, explain, kernels, masks
from attnlib.kernels import in_c
from attnlib.kernels._native import _forward
from attnlib.kernels.in_c._library import SOURCE

MASKS = {
    "none": lambda q, k: None,
    "causal": lambda q, k: masks.Causal(),
    "window": lambda q, k: masks.Window(3),
    "sliding window": lambda q, k: masks.Causal() & masks.Window(70),
    "window of one": lambda q, k: masks.Causal() & masks.Window(1),
    "padding": lambda q, k: masks.Padding(torch.tensor([k, 0])),
    "padding at the left": lambda q, k: (
        masks.Causal() & masks.Padding(torch.tensor([k, k // 2]), side="left")
    ),
    "paddings": lambda q, k: (
        masks.Padding(torch.tensor([k, k // 2 + 1]))
        & masks.Padding(torch.tensor([k - 1, k // 2 + 1]), side="left")
        & masks.Window(9)
    ),
}
LONG_MASKS = {
    "none": lambda k: None,
    "causal": lambda k: masks.Causal(),
    "padding at the left": lambda k: (
        masks.Causal() & masks.Padding(torch.tensor([k // 2]), side="left")
    ),
}
LENGTHS = [
    *[(n, n) for n in (1, 2, 15, 16, 17, 31, 63, 64, 65, 129, 511, 513)],
    *[(1, 130), (5, 130), (130, 5), (65, 600), (0, 5), (5, 0)],
]
BIASES = {
    "no bias": lambda q, k: None,
    "a bias for all queries": lambda q, k: torch.randn(1, 4, 1, k),
    "a bias for all keys": lambda q, k: torch.randn(2, 1, q, 1),
    "a bias": lambda q, k: torch.randn(2, 4, q, k),
}
BOUND = 4e-6  # of the largest number; float32 and sums of hundreds


def constants():
    """By name, as flash.c says them."""
    return dict(re.findall(r"\b(HIGH|LONG) = (\d+)", SOURCE.read_text(encoding="utf-8")))


def inputs_of(query_length, key_length):
    return (
        torch.randn(2, 4, query_length, 8),
        torch.randn(2, 2, key_length, 8),
        torch.randn(2, 2, key_length, 5),
    )


def outcome(impl, leaves, pull, **options):
    """Output and gradients, of leaves that may end with a bias."""
    leaves = [leaf.detach().clone().requires_grad_() for leaf in leaves]
    bias = leaves[3] if len(leaves) == 4 else None
    output = attention(*leaves[:3], bias=bias, impl=impl, **options).output
    return [output.detach(), *torch.autograd.grad(output, leaves, pull.to(output.dtype))]


def assert_near(ours, theirs, bound=BOUND):
    for our, their in zip(ours, theirs, strict=True):
        assert our.shape == their.shape
        if our.numel():
            assert (our - their).abs().max() <= bound * (1 + their.abs().max())


@needs_native
@pytest.mark.parametrize("bias", BIASES.values(), ids=BIASES)
@pytest.mark.parametrize("name", MASKS)
@pytest.mark.parametrize(("query_length", "key_length"), LENGTHS)
def test_it_equals_the_reference_in_values_and_gradients(query_length, key_length, name, bias):
    if name.startswith("padding") and key_length == 0:
        return
    if name == "padding" and 1 < query_length < key_length:
        return
    if name == "paddings" and query_length != key_length:
        return
    mask, added = MASKS[name](query_length, key_length), bias(query_length, key_length)
    leaves = [*inputs_of(query_length, key_length), *([] if added is None else [added])]
    pull = torch.randn(2, 4, query_length, 5)
    ours = outcome("native", leaves, pull, mask=mask, scale=0.7)
    wide = [leaf.double() for leaf in leaves]
    assert_near(ours, outcome("reference", wide, pull, mask=mask, scale=0.7))


@needs_native
@pytest.mark.parametrize("name", LONG_MASKS)
def test_many_keys_are_read_by_high_blocks_alike(name):
    """As many queries and keys as flash.c asks for, and some more."""
    queries, keys = 8 * int(constants()["HIGH"]) + 1, int(constants()["LONG"]) + 9
    leaves = [
        torch.randn(1, 1, length, size) for length, size in ((queries, 8), (keys, 8), (keys, 5))
    ]
    mask, pull = LONG_MASKS[name](keys), torch.randn(1, 1, queries, 5)
    wide = [leaf.double() for leaf in leaves]
    expected = outcome("reference", wide, pull, mask=mask)
    assert_near(outcome("native", leaves, pull, mask=mask), expected)


@needs_native
@pytest.mark.parametrize("length", [1, 65, 700])
def test_the_logsumexp_equals_the_reference(length):
    query, key, value = inputs_of(length, length)
    seen = attention(query.double(), key.double(), value.double(), mask=masks.Window(3))
    key, value = key.repeat_interleave(2, dim=1), value.repeat_interleave(2, dim=1)
    _, ours = _forward(query, key, value, None, None, None, 2, 2, 8**-0.5)
    assert_near([ours], [seen.logsumexp])


@needs_native
@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize("rubbish", [torch.nan, torch.inf])
def test_what_padding_holds_reaches_nothing(rubbish, side):
    """Neither forward nor backward; also nothing that queries hold which see no key."""
    lengths = torch.tensor([70, 0])
    real = torch.arange(100) < 70 if side == "right" else torch.arange(100) >= 30
    found = []
    for stuff in (0.0, rubbish):
        torch.manual_seed(0)
        leaves = list(inputs_of(100, 100))
        for x in leaves[1:]:
            x[0, :, ~real], x[1] = stuff, stuff
        blind = torch.arange(100) < 30 if side == "left" else torch.arange(100) >= 70 + 9
        leaves[0][0, :, blind], leaves[0][1] = stuff, stuff
        mask = masks.Padding(lengths, side=side) & masks.Causal() & masks.Window(10)
        pull = torch.randn(2, 4, 100, 5)
        found.append(outcome("native", leaves, pull, mask=mask))
    for ours, theirs in zip(*found, strict=True):
        assert ours.isfinite().all()
        assert torch.equal(ours, theirs)


@needs_native
@pytest.mark.parametrize("rubbish", [torch.nan, torch.inf])
def test_keys_that_no_window_reaches_are_not_read(rubbish):
    """Three queries at the end of 600 keys, two of which each sees."""
    found = []
    for stuff in (0.0, rubbish):
        torch.manual_seed(0)
        leaves = list(inputs_of(3, 600))
        for x in leaves[1:]:
            x[:, :, :-4] = stuff
        mask = masks.Causal() & masks.Window(2)
        found.append(outcome("native", leaves, torch.randn(2, 4, 3, 5), mask=mask))
    for ours, theirs in zip(*found, strict=True):
        assert ours.isfinite().all()
        assert torch.equal(ours, theirs)


@needs_native
def test_a_nan_that_is_seen_reaches_who_sees_it():
    query, key, value = inputs_of(6, 6)
    key[0, 0, 3] = torch.nan
    ours = attention(query, key, value, mask=masks.Causal(), impl="native").output
    theirs = attention(query, key, value, mask=masks.Causal(), impl="reference").output
    torch.testing.assert_close(ours, theirs, equal_nan=True)


@needs_native
@pytest.mark.parametrize("factor", [1e-30, 30.0, 1e4, 1e20])
def test_scores_of_any_size_neither_overflow_nor_vanish(factor):
    query, key, value = inputs_of(70, 70)
    seen = attention(query * factor, key, value, mask=masks.Causal(), impl="native").output
    wide = attention(
        (query * factor).double(), key.double(), value.double(), mask=masks.Causal()
    ).output
    assert seen.isfinite().all()
    # A score of 1e4 has an error of 1e-3 of its own in float32, and e^x makes it relative.
    bound = {1e-30: BOUND, 30.0: 1e-4, 1e4: 0.05, 1e20: 0.05}[factor]
    assert ((seen - wide).abs() <= bound).float().mean() > 0.99


def turned(x):
    """The same numbers, each head's beside one another as a projection leaves them."""
    return x.transpose(1, 2).contiguous().transpose(1, 2)


LAYOUTS = {
    "heads beside one another": turned,
    "columns first": lambda x: x.mT.contiguous().mT,
    "every other column": lambda x: x.repeat_interleave(2, dim=-1)[..., ::2],
    "a part of something larger": lambda x: torch.nn.functional.pad(x, (3, 4, 5, 6))[
        :, :, 5 : 5 + x.shape[2], 3 : 3 + x.shape[3]
    ],
    "one for all sequences": lambda x: x[:1].expand_as(x),
}


@needs_native
@pytest.mark.parametrize("lay", LAYOUTS.values(), ids=LAYOUTS)
@pytest.mark.parametrize("length", [1, 70])
def test_strides_of_states_and_gradients_do_not_matter(length, lay):
    mask = masks.Causal()
    states = [lay(x) for x in inputs_of(length, length)]
    pull = lay(torch.randn(2, 4, length, 5))
    for x in states:
        x.requires_grad_()
    output = attention(*states, mask=mask, impl="native").output
    ours = [output.detach(), *torch.autograd.grad(output, states, pull)]
    plain = [x.detach().clone(memory_format=torch.contiguous_format) for x in states]
    assert_near(ours, outcome("native", plain, pull.contiguous(), mask=mask), bound=1e-6)


@needs_native
def test_a_gradient_that_is_one_number_repeated():
    query, key, value = (x.requires_grad_() for x in inputs_of(70, 70))
    attention(query, key, value, impl="native").output.sum().backward()
    wide = [x.detach().double().requires_grad_() for x in (query, key, value)]
    attention(*wide, impl="reference").output.sum().backward()
    assert_near([x.grad for x in (query, key, value)], [x.grad for x in wide])


@needs_native
@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_16_bit_states_are_widened_and_rounded_once(dtype):
    states = [x.to(dtype) for x in inputs_of(70, 70)]
    seen = attention(*states, mask=masks.Causal(), impl="native").output
    wide = attention(*(x.float() for x in states), mask=masks.Causal(), impl="native").output
    assert torch.equal(seen, wide.to(dtype))


@needs_native
@pytest.mark.parametrize("biased", [False, True])
def test_threads_change_nothing(biased):
    leaves = [*inputs_of(200, 200), *([torch.randn(1, 4, 200, 200)] if biased else [])]
    pull, found = torch.randn(2, 4, 200, 5), []
    before = torch.get_num_threads()
    try:
        for threads in (1, 2, 3):
            torch.set_num_threads(threads)
            found.append(outcome("native", leaves, pull, mask=masks.Causal()))
    finally:
        torch.set_num_threads(before)
    assert_near(found[1], found[0], bound=1e-6)
    assert_near(found[2], found[0], bound=1e-6)


@needs_native
@pytest.mark.parametrize("mask", [None, masks.Causal(), masks.Padding(torch.tensor([5, 3]))])
def test_it_compiles_as_one_graph_and_learns_in_it(mask):
    def attend(query, key, value):
        return attention(query, key, value, mask=mask, impl="native").output

    torch.compiler.reset()
    leaves = [x.requires_grad_() for x in inputs_of(5, 5)]
    compiled = torch.compile(attend, fullgraph=True, backend="aot_eager")
    pull = torch.randn(2, 4, 5, 5)
    ours = compiled(*leaves)
    assert_near(
        [ours, *torch.autograd.grad(ours, leaves, pull)],
        outcome("native", leaves, pull, mask=mask),
        bound=1e-6,
    )


@needs_native
def test_it_exports_with_any_length():
    class Layer(torch.nn.Module):
        def forward(self, query, key, value):
            return attention(query, key, value, mask=masks.Causal(), impl="native").output

    length = torch.export.Dim("length", min=2, max=512)
    dynamic = {2: length}
    program = torch.export.export(
        Layer(), inputs_of(6, 6), dynamic_shapes=(dynamic, dynamic, dynamic)
    )
    longer = inputs_of(90, 90)
    torch.testing.assert_close(program.module()(*longer), Layer()(*longer))


@needs_native
def test_pytorch_finds_no_fault_with_the_operator():
    """Schema, fake tensors and autograd, as torch.library checks them."""
    query, key, value = (x.requires_grad_() for x in inputs_of(5, 5))
    end = torch.tensor([5, 3])
    bias = torch.randn(1, 4, 5, 5, requires_grad=True)
    for added, ends in ((None, None), (bias, end)):
        torch.library.opcheck(_forward, (query, key, value, added, None, ends, 9, 0, 0.5))


@needs_native
@pytest.mark.parametrize(
    ("options", "words"),
    [
        (
            {"dropout_p": 0.1},
            'impl="native" cannot compute dropout; impl="reference" or "sdpa" can',
        ),
        ({"mask": masks.Prefix(2)}, r'got Prefix\(length=2\).*impl="sdpa" takes any mask'),
        ({"mask": masks.Causal() | masks.Window(2)}, 'impl="sdpa" takes any mask'),
        ({"mask": masks.Padding(torch.tensor([1, 2, 3]))}, "mask is for 3 sequences"),
        ({"mask": masks.Padding(torch.tensor([9, 1]))}, "lengths says 9 keys, but key has 5"),
    ],
)
def test_what_it_cannot_do_is_refused_in_words(options, words):
    with pytest.raises(ValueError, match=words):
        attention(*inputs_of(5, 5), impl="native", **options)


@needs_native
def test_float64_is_refused():
    with pytest.raises(ValueError, match="computes in float32, got float64"):
        attention(*(x.double() for x in inputs_of(5, 5)), impl="native")


@needs_native
def test_right_padding_under_several_newest_queries_is_refused_as_anywhere():
    mask = masks.Causal() & masks.Padding(torch.tensor([5, 3]))
    with pytest.raises(ValueError, match="right padding"):
        kernels.native(*inputs_of(2, 5), mask=mask)


@needs_native
def test_derivatives_that_are_not_there_are_refused_in_words():
    query, key, value = (x.requires_grad_() for x in inputs_of(5, 5))
    output = kernels.native(query, key, value)
    (gradient,) = torch.autograd.grad(output.sum(), query, create_graph=True)
    with pytest.raises(RuntimeError, match='impl="native" has no second derivative'):
        gradient.sum().backward()
    states = query.detach(), key.detach(), value.detach()
    words = "has no forward mode and takes no part in torch.func"
    with pytest.raises(RuntimeError, match=words):
        torch.func.grad(lambda q: kernels.native(q, *states[1:]).sum())(states[0])
    with forward_ad.dual_level(), pytest.raises(RuntimeError, match=words):
        kernels.native(forward_ad.make_dual(states[0], states[0]), *states[1:])


def in_a_process(code, **environment):
    command = [sys.executable, "-c", code]
    return subprocess.run(
        command, env=os.environ | environment, capture_output=True, text=True, timeout=120
    )


ASKED = """
import torch
from attnlib import attention, explain
x = torch.randn(1, 1, 256, 8)
print(explain(x, x, x))
attention(x, x, x, impl="native")
"""


def test_where_it_is_not_built_auto_does_without_and_the_name_is_refused(tmp_path):
    told = in_a_process(ASKED, XDG_CACHE_HOME=str(tmp_path))
    assert told.stdout.startswith("sdpa: ")
    words = 'impl="native" is not compiled yet; `python -m attnlib.kernels.in_c`'
    unfit = 'impl="native" needs '
    assert words in told.stderr or unfit in told.stderr
    assert 'impl="sdpa" computes the same' in told.stderr
    assert list(tmp_path.iterdir()) == []  # nothing is compiled unasked


def test_without_a_compiler_the_command_says_what_to_install(tmp_path):
    command = "import sys\nfrom attnlib.kernels.in_c.__main__ import main\nsys.exit(main())"
    told = in_a_process(command, XDG_CACHE_HOME=str(tmp_path), PATH=str(tmp_path))
    assert told.returncode == 1
    assert told.stderr.startswith('impl="native" needs ')
    assert list(tmp_path.iterdir()) == []


@needs_native
def test_the_command_builds_it_where_it_says(tmp_path):
    command = "import sys\nfrom attnlib.kernels.in_c.__main__ import main\nsys.exit(main())"
    told = in_a_process(command, XDG_CACHE_HOME=str(tmp_path))
    assert told.returncode == 0, told.stderr
    (built,) = (tmp_path / "attnlib").iterdir()
    assert told.stdout == f"Built {built}\n"
    assert built.name == in_c.path().name


WIDE = masks.Padding(torch.tensor([256]))


@needs_native
@pytest.mark.parametrize(
    ("sizes", "mask", "taken"),
    [
        ((128, 64), masks.Causal(), "native"),
        ((127, 64), masks.Causal(), "sdpa"),
        ((256, 32), masks.Causal(), "native"),
        ((512, 64), masks.Causal() & masks.Window(256), "native"),
        ((256, 64), WIDE & masks.Causal(), "native"),
        ((256, 64), masks.Causal() | masks.Prefix(4), "sdpa"),
        ((256, 64), None, "sdpa"),
    ],
)
def test_auto_takes_it_where_it_is_faster(sizes, mask, taken):
    states = torch.zeros(1, 1, *sizes)
    assert explain(states, states, states, mask=mask).startswith(f"{taken}: ")


@needs_native
def test_auto_leaves_it_where_it_is_slower_or_not_to_be_had():
    def taken(query, key=None, **options):
        key = query if key is None else key
        return explain(query, key, key, mask=masks.Causal(), **options).partition(":")[0]

    states = torch.zeros(1, 1, 128, 64)
    assert taken(states) == "native"
    assert taken(states, bias=torch.zeros(1, 1, 128, 128)) == "native"
    assert taken(states.double()) == taken(states.bfloat16()) == taken(states.to("meta")) == "sdpa"
    assert taken(states[:, :, :63], states) == "sdpa"
    assert taken(states.requires_grad_()) == "sdpa"
    assert taken(torch.zeros(1, 1, 256, 64, requires_grad=True)) == "native"


@needs_native
def test_a_graph_that_is_captured_runs_also_where_it_is_not_built():
    class Layer(torch.nn.Module):
        def forward(self, x):
            return attention(x, x, x, mask=masks.Causal()).output

    program = torch.export.export(Layer(), (torch.randn(1, 1, 256, 64),))
    assert not any("attnlib" in str(node.target) for node in program.graph.nodes)


@pytest.mark.skipif(COMPILER is None, reason="needs a C compiler")
def test_no_size_reads_or_writes_where_it_should_not(tmp_path):
    """With sanitizers, with a matrix product of its own, with arrays of exactly their length."""
    here, program = Path(__file__).parent, tmp_path / "flash"
    flags = ["-O1", "-g", "-Wall", "-Wextra", "-Werror"]
    flags += ["-Wno-unknown-pragmas", "-Wno-unused-parameter"]  # it runs in one thread
    sanitized = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all"]
    command = [COMPILER, *flags, *sanitized, "-I", str(SOURCE.parent), "-o", str(program)]
    subprocess.run([*command, str(here / "flash_sanitized.c"), "-lm"], check=True)
    told = subprocess.run([program], capture_output=True, text=True, timeout=250)
    assert (told.stderr, told.returncode) == ("", 0)
    assert int(told.stdout.split()[0]) > 300
    assert told.stdout.split()[-1] == constants()["HIGH"]
