"""MathJax's letters for the formulas of the book: those that it uses, as fonts of its own.

Whole, they are 60 kB a page.
"""

import hashlib
import io
import re
from pathlib import Path

from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont

# mjx-c.mjx-c1D444.TEX-I::before { padding: …; content: "Q"; }
LETTER = re.compile(
    r'^(?P<selector>[^{}@]*)\{[^}]*?content: "(?P<content>(?:[^"\\]|\\.)*)"', re.MULTILINE
)
CODE = re.compile(r"\\([0-9A-Fa-f]{1,6}) ?|\\(.)")
FACE = re.compile(
    r"@font-face[^{]*\{\s*font-family: (?P<family>MJX(?:ZERO|TEX)(?:-(?P<kind>\w+))?);"
    r'\s*src: url\("[^"]*/(?P<name>\w+-\w+|\w+)\.woff"\) format\("woff"\);\s*\}\s*'
)
STRETCHED = "stretchy"  # their pieces come from several fonts, and no class says which


def with_fonts(style: str, mathjax: Path, folder: Path) -> str:
    """The style with fonts that it has letters of; they are written into the folder beside it."""
    used = letters(style)
    whole = mathjax / "output" / "chtml" / "fonts" / "woff-v2"

    def trimmed(face: re.Match[str]) -> str:
        wanted = used.get(face["kind"] or "", set()) | used.get(STRETCHED, set())
        font = subset(whole / f"{face['name']}.woff", wanted)
        if font is None or face["family"] == "MJXZERO":
            return ""
        file = f"{face['name']}-{hashlib.sha256(font).hexdigest()[:8]}.woff"
        (folder / file).write_bytes(font)
        source = f'src: url("{file}") format("woff")'
        return f"@font-face {{ font-family: {face['family']}; {source}; }}\n"

    return FACE.sub(trimmed, style)


def letters(style: str) -> dict[str, set[int]]:
    """The characters of each kind of letters, such as I for italic, and "" for upright."""
    used: dict[str, set[int]] = {}
    for rule in LETTER.finditer(style):
        found = re.search(r"\.TEX-(\w+)", rule["selector"])
        kind = found[1] if found else STRETCHED if STRETCHED in rule["selector"] else ""
        text = CODE.sub(lambda code: chr(int(code[1], 16)) if code[1] else code[2], rule["content"])
        used.setdefault(kind, set()).update(map(ord, text))
    return used


def subset(path: Path, characters: set[int]) -> bytes | None:
    """The font with these characters alone; None where it has none of them."""
    font = TTFont(path)
    present = characters & font.getBestCmap().keys()
    if not present:
        return None
    options = Options(hinting=False, drop_tables=["FFTM"])
    subsetter = Subsetter(options)
    subsetter.populate(unicodes=present)
    subsetter.subset(font)
    font.flavor = "woff"
    written = io.BytesIO()
    font.save(written)
    return written.getvalue()
