"""`impl="native"` for the tests: compiled where that can be done, else left out with a reason."""

import shutil

import pytest

from attnlib.kernels import in_c

COMPILER = shutil.which("gcc") or shutil.which("cc")
if COMPILER and (in_c.lacking() or "").startswith("is not compiled"):
    in_c.build()

BUILT = in_c.is_built()
needs_native = pytest.mark.skipif(not BUILT, reason=f'impl="native" {in_c.lacking()}')


def marked(*impls: str) -> list[object]:
    """The implementations as parameters, of which "native" is left out where it is not built."""
    return [pytest.param(i, marks=needs_native) if i == "native" else i for i in impls]
