"""What the tests of the core share: random cases, and agreement in values and in gradients."""

import torch
from hypothesis import settings
from hypothesis import strategies as st

EXACT = {"rtol": 1e-9, "atol": 1e-10}
IMPLS = ["reference", "sdpa", "tiled", "chunked", "split"]
DEVICES = ["cpu"] + (["cuda"] if torch.cuda.is_available() else [])

CASES = settings(max_examples=25)


def normal(*shape, seed=0, device="cpu"):
    """Normal numbers in float64 that gradients can reach, the same on every device."""
    source = torch.Generator().manual_seed(seed)
    numbers = torch.randn(shape, generator=source, dtype=torch.float64)
    return numbers.to(device).requires_grad_()


@st.composite
def queries_keys_values(draw, *, shared_keys=True, value_size=None):
    """Query (B, H, Tq, D), key (B, G, Tk, D) and value (B, G, Tk, Dv) of small random sizes."""
    size = st.integers(1, 4)
    batch, key_heads, query_length, key_length, head_size = (draw(size) for _ in range(5))
    heads = key_heads * (draw(st.integers(1, 3)) if shared_keys else 1)
    value_size = value_size or draw(size)
    seed = draw(st.integers(0, 1000))
    return (
        normal(batch, heads, query_length, head_size, seed=seed),
        normal(batch, key_heads, key_length, head_size, seed=seed + 1),
        normal(batch, key_heads, key_length, value_size, seed=seed + 2),
    )


def assert_agree(ours, theirs, inputs=()):
    """The same values, and the same gradients of a random sum of them, in every input."""
    torch.testing.assert_close(ours, theirs, **EXACT)
    if not inputs:
        return
    pull = normal(*theirs.shape, seed=99, device=theirs.device).detach()
    pulled = zip(
        torch.autograd.grad(ours, inputs, pull, retain_graph=True),
        torch.autograd.grad(theirs, inputs, pull, retain_graph=True),
        strict=True,
    )
    for our_gradient, their_gradient in pulled:
        torch.testing.assert_close(our_gradient, their_gradient, **EXACT)
