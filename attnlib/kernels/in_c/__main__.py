"""Compile `impl="native"` for this machine: `python -m attnlib.kernels.in_c`."""

import sys

from attnlib.kernels.in_c import build


def main() -> int:
    try:
        print(f"Built {build()}")
    except (OSError, RuntimeError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
