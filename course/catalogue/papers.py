"""The papers of the registry's types, from the book's bibliography."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

BIBLIOGRAPHY = Path(__file__).parents[2] / "book"  # of the repository the course is used from


@dataclass(frozen=True)
class Paper:
    """Who and when, as one writes it in a text, and where it is, empty when that is unknown."""

    reference: str
    address: str


@cache
def papers() -> dict[str, Paper]:
    """Every paper by its key.

    Raises FileNotFoundError where the book does not stand beside the course, as it does in the
    repository.
    """
    files = sorted(BIBLIOGRAPHY.glob("*.bib"))
    if not files:
        raise FileNotFoundError(
            f"the papers stand in the book's bibliography, but {BIBLIOGRAPHY} has no *.bib: "
            "use the course from a clone of its repository"
        )
    from pybtex.database import parse_file
    from pybtex.richtext import Text

    found = {}
    for file in files:
        for key, paper in parse_file(str(file)).entries.items():
            people = paper.persons.get("author", [])
            names = [str(Text.from_latex(" ".join(one.last_names))) for one in people]
            reference = f"{_together(names)}, {paper.fields.get('year', 'n.d.')}"
            found[key] = Paper(reference, _address(paper.fields))
    return found


def _address(fields: Mapping[str, str]) -> str:
    if "eprint" in fields:
        return f"https://arxiv.org/abs/{fields['eprint']}"
    return f"https://doi.org/{fields['doi']}" if "doi" in fields else fields.get("url", "")


def _together(names: list[str]) -> str:
    if len(names) > 2:
        return f"{names[0]} et al."
    return " and ".join(names)
