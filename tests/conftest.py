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
    """torch.manual_seed would write down, for each kind of device there is not, who called it."""
    torch.default_generator.manual_seed(0)
    if torch.cuda.is_available():
        torch.cuda.manual_seed_all(0)
