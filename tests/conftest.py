"""What all tests share: fixed seeds, one thread, and hypothesis without a stopwatch."""

import pytest
import torch
from hypothesis import settings

# Derandomized: the same cases on every run. No deadline: a busy machine is no bug.
settings.register_profile("course", deadline=None, derandomize=True, max_examples=50)
settings.load_profile("course")
torch.set_num_threads(1)


@pytest.fixture(autouse=True)
def fixed_seed() -> None:
    torch.manual_seed(0)
