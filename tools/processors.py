"""Runs the chapters as other processors would, and compares what they show with what is stored.

    make processors
    make processors NOTEBOOKS=notebooks/03_query_key_value.ipynb

PyTorch, oneDNN and MKL choose their code by the processor's vector instructions; other code adds in
another order. Variables hold them to older instructions, so that one machine can play three.
"""

from collections.abc import Sequence

from environment import STEADY, python, run

PROCESSORS = {
    "without AVX": {
        "ATEN_CPU_CAPABILITY": "default",
        "MKL_CBWR": "COMPATIBLE",
        "ONEDNN_MAX_CPU_ISA": "SSE41",
    },
    "with AVX2": {
        "ATEN_CPU_CAPABILITY": "avx2",
        "MKL_ENABLE_INSTRUCTIONS": "AVX2",
        "ONEDNN_MAX_CPU_ISA": "AVX2",
    },
    "as it is": {},
}


def differing(notebooks: Sequence[str]) -> list[str]:
    """The processors on which a cell shows something else than is stored."""
    pytest = (python(), "-m", "pytest", "-q", "--nbval", "--nbval-current-env")
    found = []
    for name, variables in PROCESSORS.items():
        print(f"A processor {name}:", flush=True)
        if run(*pytest, *(notebooks or ["notebooks"]), **STEADY, **variables) != 0:
            found.append(name)
    return found
