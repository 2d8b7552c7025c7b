"""SVG pictures with two decimals, so that they are the same text on every processor.

Processors add in different orders, and the sixth decimal of a coordinate shows it. A hundredth of a
point (1/72 inch) is finer than any screen. Matplotlib also names what a picture refers to (clip
paths, markers) by a hash of all decimals; here these names come from the rounded picture.
"""

import hashlib
import re
from collections.abc import Callable
from decimal import Decimal

HUNDREDTH = Decimal("0.01")
COORDINATES = "x|y|x1|y1|x2|y2|cx|cy|r|rx|ry|width|height|d|points|transform|viewBox|style"

TAG = re.compile(r"<!--.*?-->|<[a-zA-Z][^<>]*>", re.DOTALL)
ATTRIBUTE = re.compile(rf'(?<=\s)(?:{COORDINATES})="[^"]*"')
NUMBER = re.compile(r"-?\d+\.\d+|-0(?![\d.])")
DEFINED = re.compile(r'(?<=\sid=")\w*[0-9a-f]{10}(?=")')
NAMED = re.compile(r'(?<=["#])\w*[0-9a-f]{10}(?=[")])')


def rounded(svg: str) -> str:
    """The same picture, each coordinate with two decimals at most.

    What is written in it, its colors, addresses and pixels stay as they are. A half goes to the
    even digit. Rounding a second time changes nothing.
    """
    svg = _in_tags(svg, lambda tag: ATTRIBUTE.sub(_round_numbers, tag))
    digest = hashlib.sha256(_named_in_order(svg, "").encode()).hexdigest()[:8]
    return _named_in_order(svg, digest)


def _in_tags(svg: str, change: Callable[[str], str]) -> str:
    """Changes tags alone: not what stands between them, and no comment."""
    return TAG.sub(lambda tag: tag[0] if tag[0].startswith("<!") else change(tag[0]), svg)


def _round_numbers(attribute: re.Match[str]) -> str:
    return NUMBER.sub(lambda number: _two_decimals(number[0]), attribute[0])


def _two_decimals(number: str) -> str:
    """`12.345678` as `12.35`, `3.10` as `3.1`, `-0.001` as `0`."""
    short = str(Decimal(number).quantize(HUNDREDTH)).rstrip("0").rstrip(".")
    return "0" if short == "-0" else short


def _named_in_order(svg: str, stem: str) -> str:
    """Hashed names become `attn-<stem>-1`, `-2`, …, in the order in which they are defined."""
    found = [name for tag in TAG.findall(svg) for name in DEFINED.findall(tag)]
    names = {old: f"attn-{stem}-{number}" for number, old in enumerate(found, start=1)}
    return _in_tags(svg, lambda tag: NAMED.sub(lambda name: names.get(name[0], name[0]), tag))
