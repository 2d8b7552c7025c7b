"""How pytest runs the chapters, through nbval: without progress bars, and with patience.

What concerns tests alone is in tests/conftest.py.
"""

import os

import pytest
from nbval.plugin import IPyNbCell

# tqdm reads it when it is imported. A bar's states depend on the clock; nbval would compare them.
os.environ["TQDM_DISABLE"] = "1"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """pytest's timeout is for tests. A cell has nbval's, which also stops the kernel."""
    for item in items:
        if isinstance(item, IPyNbCell):
            item.add_marker(pytest.mark.timeout(0))
