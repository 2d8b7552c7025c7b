"""What a card says in words: a type's idea, when to use it, what it changes, who uses it.

One TOML file per family, one table per type, by its name in the registry:

    ["Grouped-query attention"]
    idea = "…"                               one to three plain sentences that name each symbol
    use = "…"                                when to take it: one sentence, or two
    part = "structure"                       what it changes in the one equation: a `Part`
    varies = "Multi-head self-attention"     the type it is a variation of; the root has none
    chapter = "many_heads"                   the chapter that explains it: its file, no number
    used_in = { "Llama 3" = "dubey2024" }    where it is said: a key of the bibliography, or the
                                             address of what is not a paper
    aliases = ["GQA"]                        what else one may search for

All but `used_in` and `aliases` are obligatory. A paper whose number no source at hand confirmed has
`note = {unconfirmed}` in the bibliography, and the card says so.
"""

import tomllib
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Literal

__all__ = ["Part", "Words", "all_words"]

Part = Literal[
    "score",  # how a query and a key are compared
    "mask",  # who may look at whom
    "normalize",  # how scores become weights
    "structure",  # what surrounds it: heads, where queries come from, what a token is
    "state",  # a sum over the past that is carried along
    "route",  # nothing: the same numbers, computed another way
]


@dataclass(frozen=True)
class Words:
    """The words of one type; `used_in` gives each user the source that says so."""

    idea: str = ""
    use: str = ""
    part: Part = "structure"
    varies: str = ""
    chapter: str = ""
    used_in: dict[str, str] = field(default_factory=dict)
    aliases: tuple[str, ...] = ()


@cache
def all_words() -> dict[str, Words]:
    """The words of every type, by its name. Raises TypeError for a field that there is not."""
    return {
        name: Words(**{**said, "aliases": tuple(said.get("aliases", ()))})
        for file in sorted(Path(__file__).parent.glob("*.toml"))
        for name, said in tomllib.loads(file.read_text(encoding="utf-8")).items()
    }
