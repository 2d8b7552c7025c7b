"""Autocast: everything public computes under it, whatever mixture of types its parts have made."""

import pytest
import torch
from native import marked
from public_cases import CASES
from public_cases.case import arguments, run, valid
from public_cases.spoiling import change, tensor_of, tensors_in

from attnlib import attention, normalizers, scores
from attnlib.kernels import KERNELS
from attnlib.models.transformer import Transformer
from attnlib.positions import BucketedBias, ContextualPositions
from attnlib.retrieval import retrieve

every = pytest.mark.parametrize(("name", "case"), CASES.items(), ids=CASES)
CLOSE = {"rtol": 0.1, "atol": 0.1}


# PyTorch says so itself, of every RMSNorm under autocast.
pytestmark = pytest.mark.filterwarnings("ignore:Mismatch dtype between input and weight")


def autocast():
    return torch.autocast("cpu", torch.bfloat16)


@pytest.fixture(scope="module", autouse=True)
def a_group_of_one_process():
    """For what runs over several: here it finds itself alone."""
    store = torch.distributed.HashStore()
    torch.distributed.init_process_group("gloo", store=store, rank=0, world_size=1)
    yield
    torch.distributed.destroy_process_group()


@every
def test_everything_computes_and_learns_under_autocast(name, case):
    """What it gives is near what it gives without, and is read as well after the block."""
    expected = tensors_in(run(name, case, valid(name, case)))
    with autocast():
        result = run(name, case, valid(name, case))
    found = tensors_in(result)
    for ours, theirs in zip(found, expected, strict=True):
        torch.testing.assert_close(ours.float(), theirs.float(), **CLOSE)
    learned = [tensor.float().sum() for tensor in found if tensor.requires_grad]
    if learned:
        torch.stack(learned).sum().backward()


@every
def test_under_autocast_16_bits_stand_beside_32(name, case):
    """As a projection gives them beside what is projected by nobody: a bias, a table, a memory."""
    if name == "caches.PagedKVCache.update":
        pytest.skip("a pool is made of one type, and says so")
    inputs = valid(name, case)
    expected = tensors_in(run(name, case, inputs))
    for argument in arguments(name, case):
        if argument.kind == "Float":
            short = tensor_of(inputs, argument).bfloat16()
            with autocast():
                result = run(name, case, change(inputs, argument, short))
            found = tensors_in(result)
            for ours, theirs in zip(found, expected, strict=True):
                torch.testing.assert_close(ours.float(), theirs.float(), **CLOSE)


BIASED = set(KERNELS) - {"banded", "pieces", "triton"}  # the last runs on a GPU


@pytest.mark.parametrize("impl", marked("auto", "reference", *BIASED))
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float64])
def test_the_output_is_of_one_type_whatever_computes_it(impl, dtype):
    """Autocast's, but float64's own, which autocast leaves alone."""
    if impl == "native" and dtype == torch.float64:
        return  # it refuses: tests/lib/test_native.py
    query, key, value = torch.randn(3, 1, 2, 3, 4, dtype=dtype)
    with autocast():
        seen = attention(query, key, value, impl=impl, bias=torch.zeros(1, 1, 3, 3, dtype=dtype))
    expected = torch.float64 if dtype == torch.float64 else torch.bfloat16
    assert seen.output.dtype == seen.value.dtype == expected
    assert seen.weights.dtype == (torch.float64 if dtype == torch.float64 else torch.float32)


def test_a_mixture_that_autocast_allowed_is_refused_again_without_it():
    query, key = torch.randn(1, 1, 3, 4), torch.randn(1, 1, 3, 4).bfloat16()
    for _ in range(2):
        with autocast():
            attention(query, key, key)
        with pytest.raises(TypeError, match=r"key is torch.bfloat16, but query is torch.float32"):
            attention(query, key, key)


@pytest.mark.parametrize(
    "chosen",
    [
        {"score": scores.Additive(4, 4, hidden_size=3)},
        {"score": scores.General(4, 4)},
        {"normalize": normalizers.TalkingHeads(2)},
        {"normalize": normalizers.HeadMixing(2, 2)},
        {"normalize": normalizers.LearnedSink(2)},
    ],
    ids=lambda chosen: type(*chosen.values()).__name__,
)
def test_what_is_read_after_the_block_is_what_was_computed_in_it(chosen):
    query, key, value = torch.randn(3, 1, 2, 3, 4)
    with autocast():
        seen = attention(query, key, value, **chosen)
        inside = attention(query, key, value, **chosen).weights
    assert torch.equal(seen.weights, inside)
    seen.weights.sum().backward()
    with autocast():
        plain = attention(query, key, value, **chosen)
    assert plain.scores.dtype == torch.float32


def test_contextual_positions_and_hopfield_steps_take_projected_queries():
    positions, query = ContextualPositions(4, longest=3), torch.randn(1, 2, 5, 4)
    with autocast():
        assert positions(query.bfloat16(), query.bfloat16()).isfinite().all()
        assert retrieve(query, query, sharpness=2.0, steps=3).output.dtype == torch.bfloat16


def test_a_bias_from_a_table_stands_beside_projected_queries():
    projected = torch.randn(1, 2, 5, 4).bfloat16()
    table = BucketedBias(2, buckets=8, longest=20)
    with autocast():
        attention(projected, projected, projected, bias=table(5, 5)).output.sum().backward()
    assert table.table.grad.isfinite().all()


@pytest.mark.parametrize("positions", ["bucketed", "alibi", "rotary", "learned", "sinusoidal"])
def test_a_translator_learns_under_autocast_with_all_positions(positions):
    model = Transformer(9, 9, size=16, heads=4, layers=1, hidden=8, positions=positions)
    source, target = torch.randint(9, (2, 5)), torch.randint(9, (2, 4))
    with autocast():
        output = model(source, torch.tensor([5, 3]), target)
    output.float().sum().backward()
    assert all(p.grad is None or p.grad.isfinite().all() for p in model.parameters())


READ_BACK = "delta gated_delta gated_delta_2 kimi_delta comba delta_product rwkv7 titans ttt"


@pytest.mark.parametrize("rule", READ_BACK.split())
def test_a_state_that_is_read_before_it_is_written_stays_in_float32(rule):
    """What is rounded there comes back with every token."""
    for name, case in CASES.items():
        if name.startswith(f"linear.{rule}."):
            expected = tensors_in(run(name, case, valid(name, case)))
            with autocast():
                found = tensors_in(run(name, case, valid(name, case)))
            for ours, theirs in zip(found[1:], expected[1:], strict=True):
                torch.testing.assert_close(ours, theirs, rtol=1e-6, atol=1e-6)
