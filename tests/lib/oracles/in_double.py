"""What other libraries compute in float32, whatever they are given, computed in float64."""

from contextlib import ExitStack, contextmanager
from unittest.mock import patch

import torch


@contextmanager
def in_double():
    """Inside, `.float()`, `torch.float32` and new tensors of PyTorch are all of float64.

    So a layer that widens to float32 on its way can be held to 1e-9, and not to 1e-5 only.
    """
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    try:
        with ExitStack() as stack:
            stack.enter_context(patch.object(torch.Tensor, "float", torch.Tensor.double))
            stack.enter_context(patch.object(torch, "float32", torch.float64))
            stack.enter_context(patch.object(torch, "float", torch.float64))
            yield
    finally:
        torch.set_default_dtype(before)
