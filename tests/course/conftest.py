"""What tests of figures share: the book's style for one test, and no figure left open."""

import matplotlib
import matplotlib.pyplot as plt
import pytest

from course import plots


@pytest.fixture
def clean_style():
    with matplotlib.rc_context():
        matplotlib.use("agg")
        plots.use_style()
        yield
        plt.close("all")
