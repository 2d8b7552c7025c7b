"""What a card says in words: the idea of each type, where it is used, its other names.

One TOML file per family, one table per type, by its name in the registry:

    ["Grouped-query attention"]
    idea = "…"                                   one to three plain sentences that name each symbol
    used_in = { "Llama 3" = "2407.21783" }       where it is said: a number of arXiv or an address
    aliases = ["GQA"]                            what else one may search for
"""

import tomllib
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

__all__ = ["Words", "all_words"]


@dataclass(frozen=True)
class Words:
    """The idea of a type, its users with the address that says so, and its other names."""

    idea: str = ""
    used_in: dict[str, str] = field(default_factory=dict)
    aliases: tuple[str, ...] = ()


@cache
def all_words() -> dict[str, Words]:
    """The words of every type, by its name."""
    return {
        name: Words(
            idea=said["idea"],
            used_in={user: _address(place) for user, place in said.get("used_in", {}).items()},
            aliases=tuple(said.get("aliases", ())),
        )
        for file in sorted(Path(__file__).parent.glob("*.toml"))
        for name, said in tomllib.loads(file.read_text(encoding="utf-8")).items()
    }


def _address(place: str) -> str:
    return place if place.startswith("https://") else f"https://arxiv.org/abs/{place}"
