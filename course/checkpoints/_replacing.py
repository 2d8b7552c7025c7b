"""A file replaced at once."""

import os
from pathlib import Path


def replace_at_once(file: Path, content: bytes) -> None:
    """Write a file so that at every moment the old one or the new one is there, and whole.

    The new one is written beside the old, brought to the disk, and then takes its name.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    beside = file.with_name(f".{file.name}.new")
    with beside.open("wb") as handle:
        handle.write(content)
        handle.flush()
        os.fsync(handle.fileno())
    beside.replace(file)
