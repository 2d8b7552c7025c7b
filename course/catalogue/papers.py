"""The papers of the registry's types, from the book's bibliography."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

BIBLIOGRAPHY = Path(__file__).parents[2] / "book"  # of the repository the course is used from


@dataclass(frozen=True)
class Paper:
    """Who and when, as one writes it in a text, and where it is, empty when that is unknown.

    `confirmed` is False where the bibliography notes that no source at hand confirmed its number.
    """

    reference: str
    address: str
    year: int
    confirmed: bool = True


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
            year = paper.fields["year"]
            confirmed = "unconfirmed" not in paper.fields.get("note", "")
            reference = f"{_together(names)}, {year}"
            found[key] = Paper(reference, _address(paper.fields), int(year), confirmed)
    return found


def address_of(source: str) -> str:
    """Where a source is: an address is its own; a key of the bibliography has its paper's.

    Raises KeyError for a key that the bibliography lacks.
    """
    return source if source.startswith("https://") else papers()[source].address


def _address(fields: Mapping[str, str]) -> str:
    if "eprint" in fields:
        return f"https://arxiv.org/abs/{fields['eprint']}"
    return f"https://doi.org/{fields['doi']}" if "doi" in fields else fields.get("url", "")


def _together(names: list[str]) -> str:
    if len(names) > 2 or "others" in names:
        return f"{names[0]} et al."
    return " and ".join(names)
