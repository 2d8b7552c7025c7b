"""Triton's kernels in its interpreter, in a process of its own: outputs and gradients against the
reference in float64, printed as JSON. What is set before triton is imported must not reach others.
"""

import json
import os
import sys

os.environ["TRITON_INTERPRET"] = "1"

import torch

from attnlib import attention, masks

WINDOW = masks.Causal() & masks.Window(40)
CASES = {
    "dense": ((1, 2, 2, 70, 70, 16, 16), None, False),
    "one pair": ((1, 1, 1, 1, 1, 4, 4), None, False),
    "sizes that are no powers of 2": ((1, 2, 2, 33, 65, 20, 12), None, False),
    "causal, grouped, wider values": ((2, 4, 2, 65, 65, 8, 24), masks.Causal(), False),
    "causal, more keys": ((1, 2, 1, 30, 100, 16, 16), masks.Causal(), False),
    "causal, more queries, of which some see nothing": (
        (1, 2, 1, 90, 33, 16, 16),
        masks.Causal(),
        False,
    ),
    "window, one key head, bias": ((1, 4, 1, 130, 130, 16, 16), WINDOW, True),
    "window to both sides": ((1, 2, 2, 70, 70, 16, 16), masks.LeftRight(9, 5), False),
    "bias": ((2, 2, 2, 40, 50, 16, 16), None, True),
}


def errors(sizes: tuple[int, ...], mask: masks.Mask | None, biased: bool) -> list[float]:
    """The largest difference of the output, and of the gradients of query, key and value."""
    B, H, G, Tq, Tk, D, Dv = sizes
    draw = torch.Generator().manual_seed(0)
    shapes = (B, H, Tq, D), (B, G, Tk, D), (B, G, Tk, Dv)
    states = [torch.randn(shape, generator=draw) for shape in shapes]
    bias = torch.randn(1, H, Tq, Tk, generator=draw) if biased else None
    if bias is not None:
        bias[:, :, :, 0] = -torch.inf
    mine = [x.clone().requires_grad_() for x in states]
    right = [x.double().requires_grad_() for x in states]
    exact = None if bias is None else bias.double()
    output = attention(*mine, mask=mask, bias=bias, impl="triton").output
    expected = attention(*right, mask=mask, bias=exact, impl="reference").output
    pull = torch.randn(output.shape, generator=draw)
    output.backward(pull)
    expected.backward(pull.double())
    pairs = [(output, expected), *((a.grad, b.grad) for a, b in zip(mine, right, strict=True))]
    return [(a - b).abs().max().item() for a, b in pairs]


def halves() -> dict[str, float]:
    """Errors of 16-bit inputs, by that of the reference computed in them."""
    states = torch.randn(3, 1, 2, 70, 16, generator=torch.Generator().manual_seed(0))
    exact = attention(*states.double(), impl="reference").output
    found = {}
    for dtype in (torch.bfloat16, torch.float16):
        few = states.to(dtype)
        ours, naive = (attention(*few, impl=i).output.double() for i in ("triton", "reference"))
        found[str(dtype)] = ((ours - exact).abs().max() / (naive - exact).abs().max()).item()
    return found


def padding_reaches_nothing() -> bool:
    """A key that a bias of −∞ hides from all may be NaN; so may a query that sees nothing."""
    query, key, value = torch.randn(3, 1, 1, 9, 16, generator=torch.Generator().manual_seed(0))
    bias = torch.zeros(1, 1, 9, 9)
    bias[..., 4] = bias[..., 2, :] = -torch.inf
    states = [query, key, value]
    clean = attention(*states, bias=bias, impl="triton").output
    spoiled = [x.clone() for x in states]
    spoiled[0][:, :, 2] = spoiled[1][:, :, 4] = spoiled[2][:, :, 4] = torch.nan
    return torch.equal(clean, attention(*spoiled, bias=bias, impl="triton").output)


def main() -> None:
    said = {
        "errors": {name: errors(*case) for name, case in CASES.items()},
        "halves": halves(),
        "padding": padding_reaches_nothing(),
    }
    json.dump(said, sys.stdout)
