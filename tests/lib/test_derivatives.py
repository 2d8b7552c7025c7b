"""Derivatives of every order and in every mode: right, or refused in words."""

import entmax as theirs
import pytest
import torch
from torch.autograd import forward_ad, gradcheck, gradgradcheck
from torch.func import grad, hessian, jacfwd, jacrev, vmap

from attnlib import attention, masks, normalizers
from attnlib.parallel import head_parallel_attention, ring_attention

sparsemax_of_theirs = theirs.sparsemax
SPARSE = {
    "sparsemax": (normalizers.sparsemax, theirs.sparsemax),
    "entmax15": (normalizers.entmax15, theirs.entmax15),
    "Entmax(1.3)": (normalizers.Entmax(1.3), None),
    "Entmax(2.5)": (normalizers.Entmax(2.5), None),
}
sparse = pytest.mark.parametrize("normalize", [ours for ours, _ in SPARSE.values()], ids=SPARSE)


def states(*shape, seed=1):
    source = torch.Generator().manual_seed(seed)
    return [
        torch.randn(shape or (1, 1, 3, 2), dtype=torch.float64, generator=source).requires_grad_()
        for _ in range(3)
    ]


@sparse
@pytest.mark.parametrize("mask", [None, masks.Causal()], ids=["all", "causal"])
def test_sparse_weights_have_first_and_second_derivatives(normalize, mask):
    def output(query, key, value):
        return attention(query, key, value, normalize=normalize, mask=mask).output

    assert gradcheck(output, states(), check_forward_ad=True)
    assert gradgradcheck(output, states(), check_fwd_over_rev=True)


@pytest.mark.parametrize(
    ("ours", "theirs"), [pair for pair in SPARSE.values() if pair[1]], ids=list(SPARSE)[:2]
)
def test_second_derivatives_equal_those_of_the_entmax_package(ours, theirs):
    """With a value that has no gradient, and by `.backward()`, which once was silent."""
    # Of weights that are 0 the package's entmax15 has NaN, so there compare where none is.
    narrow = 1.0 if theirs is sparsemax_of_theirs else 0.2
    found = []
    for normalize in (ours, lambda scores, allowed: theirs(scores, dim=-1)):
        query, key, value = states()
        query, value = (narrow * query).detach().requires_grad_(), value.detach()
        seen = attention(query, key, value, normalize=normalize, impl="reference").output
        (first,) = torch.autograd.grad(seen.square().sum(), query, create_graph=True)
        first.square().sum().backward()
        found.append((query.grad, key.grad))
    for one, other in zip(*found, strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=1e-10)


@sparse
def test_sparse_weights_take_part_in_the_transforms_of_torch_func(normalize):
    scores = 2 * torch.randn(3, 5, dtype=torch.float64, generator=torch.Generator().manual_seed(0))

    def loss(row):
        return (normalize(row, None) * torch.arange(5.0).cos()).sum() ** 2

    rows = [row.clone().requires_grad_() for row in scores]
    expected = torch.stack([torch.autograd.grad(loss(row), row)[0] for row in rows])
    torch.testing.assert_close(vmap(grad(loss))(scores), expected)
    torch.testing.assert_close(vmap(lambda row: normalize(row, None))(scores), normalize(scores))
    second = torch.autograd.functional.hessian(loss, scores[0])
    for way in (hessian(loss), jacfwd(jacfwd(loss)), jacrev(jacrev(loss)), jacrev(jacfwd(loss))):
        torch.testing.assert_close(way(scores[0]), second)
        torch.testing.assert_close(vmap(way)(scores)[0], second)


OF_THEIR_OWN = {  # with a backward pass written by hand
    "tiled": lambda states: attention(states, states, states, impl="tiled").output,
    "ring": lambda states: ring_attention(states, states, states),
    "heads": lambda states: head_parallel_attention(states, states, states),
}


@pytest.mark.parametrize("attend", OF_THEIR_OWN.values(), ids=OF_THEIR_OWN)
def test_what_a_backward_pass_of_its_own_cannot_do_is_refused_in_words(attend):
    query = states()[0].detach()
    words = "has no forward mode and takes no part in torch.func"
    with pytest.raises(RuntimeError, match=words):
        grad(lambda query: attend(query).sum())(query)
    with pytest.raises(RuntimeError, match=words):
        vmap(attend)(query.unsqueeze(0))
    with forward_ad.dual_level(), pytest.raises(RuntimeError, match=words):
        attend(forward_ad.make_dual(query, query))


@pytest.mark.parametrize("attend", list(OF_THEIR_OWN.values())[:2], ids=["tiled", "ring"])
def test_a_second_derivative_that_is_not_there_is_refused_also_for_a_linear_loss(attend):
    query = states()[0]
    with pytest.raises(RuntimeError, match="has no second derivative"):
        torch.autograd.grad(attend(query).sum(), query, create_graph=True)


@pytest.fixture(scope="module", autouse=True)
def a_group_of_one_process():
    store = torch.distributed.HashStore()
    torch.distributed.init_process_group("gloo", store=store, rank=0, world_size=1)
    yield
    torch.distributed.destroy_process_group()
