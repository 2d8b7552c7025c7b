"""Where the compiled library lies, how it is compiled, and why it may be absent."""

import ctypes
import hashlib
import os
import platform
import shutil
import subprocess
import tempfile
from functools import cache
from pathlib import Path

import torch

SOURCE = Path(__file__).with_name("flash.c")
TORCH = Path(torch.__file__).parent / "lib" / "libtorch_cpu.so"  # whose matrix product is called

# No -ffast-math: it would take NaN and −∞ for impossible, and change numbers outside of our code.
FLAGS = (
    *("-O3", "-march=native", "-mprefer-vector-width=512", "-fno-math-errno"),
    *("-fno-trapping-math", "-fopenmp", "-shared", "-fPIC"),
)
COMMAND = "python -m attnlib.kernels.in_c"


def path() -> Path:
    """The file for this source, processor and PyTorch, whether it is there or not."""
    caches = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")  # noqa: PTH111, no home, no error
    return Path(caches) / "attnlib" / f"flash-{_fingerprint()}.so"


@torch.compiler.assume_constant_result  # type: ignore[untyped-decorator]
def lacking() -> str | None:
    """Why `impl="native"` cannot be had at once, in one sentence; None when it can."""
    if _found() is not None:
        return None
    return _unfit() or f"is not compiled yet; `{COMMAND}` does it in seconds"


@torch.compiler.assume_constant_result  # type: ignore[untyped-decorator]
def is_built() -> bool:
    """Whether the library is there; looked at anew until it is."""
    return _found() is not None


def build() -> Path:
    """Compile the library, unless it is there already.

    Raises RuntimeError where it cannot be had: not on Linux on an x86-64 processor, without a C
    compiler, or with its own words when that fails.
    """
    target = path()
    if target.is_file():
        return target
    unfit = _unfit()
    if unfit is not None:
        raise RuntimeError(f'impl="native" {unfit}')
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as folder:
        made = Path(folder) / target.name
        command = [str(_compiler()), *FLAGS, "-o", str(made), str(SOURCE), str(TORCH), "-lm"]
        done = subprocess.run([*command, "-Wl,--no-undefined"], capture_output=True, text=True)
        if done.returncode != 0:
            raise RuntimeError(f"{' '.join(command)}\n{done.stderr}")
        ctypes.CDLL(str(made))  # raises OSError for what cannot be loaded, before anyone finds it
        made.replace(target)  # in one step: who looks meanwhile finds nothing, or all of it
    return target


@cache
def library() -> ctypes.CDLL:
    """The loaded library. Raises RuntimeError where it is not built."""
    reason = lacking()
    if reason is not None:
        raise RuntimeError(f'impl="native" {reason}')
    return ctypes.CDLL(str(path()))


_seen: list[Path] = []


def _found() -> Path | None:
    if not _seen and _unfit(compiler=False) is None and path().is_file():
        _seen.append(path())
    return _seen[0] if _seen else None


def _unfit(compiler: bool = True) -> str | None:
    """What is missing on this machine."""
    if platform.system() != "Linux" or platform.machine() != "x86_64" or not TORCH.is_file():
        here = f"{platform.system()} on {platform.machine()}"
        return f"needs PyTorch's build for Linux on x86-64, and here is {here}"
    if compiler and _compiler() is None:
        return "needs a C compiler to be built: on Debian or Ubuntu, apt install gcc libc6-dev"
    return None


def _compiler() -> str | None:
    return shutil.which("gcc") or shutil.which("cc")


@cache
def _fingerprint() -> str:
    """What the compiled code depends on, as 16 digits."""
    made_from = [SOURCE.read_text(encoding="utf-8"), *FLAGS, torch.__version__, _processor()]
    return hashlib.sha256("\n".join(made_from).encode()).hexdigest()[:16]


def _processor() -> str:
    """Its name and what it can do, as Linux tells them."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    return "\n".join(sorted({line for line in lines if line.startswith(("model name", "flags"))}))
