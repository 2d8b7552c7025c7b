"""What the course prints, on any console."""

import io
import sys


def speak_utf8() -> None:
    """Print in UTF-8: the system's own encoding may lack our signs (√, –, …)."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8")
