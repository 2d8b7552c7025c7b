"""Names met on a command line or in a configuration, and the types they are.

python -m course.catalogue --names      prints the tables of the book's page
"""

import tomllib
from dataclasses import dataclass
from functools import cache
from html import escape
from pathlib import Path
from urllib.parse import urlencode

FILE = Path(__file__).with_suffix(".toml")
ZOO = "../notebooks/20_zoo.html"


@dataclass(frozen=True)
class Name:
    """A name, the types it is, and what else there is to say of it, in a few words."""

    name: str
    types: tuple[str, ...]
    says: str


@dataclass(frozen=True)
class Option:
    """An option of a tool and the names it takes; `where` says how it is given."""

    tool: str
    option: str
    where: str
    source: str
    names: tuple[Name, ...]


@cache
def options() -> tuple[Option, ...]:
    """Every option, in the order of the file."""
    tables = tomllib.loads(FILE.read_text(encoding="utf-8"))["table"]
    return tuple(
        Option(
            **{
                **table,
                "names": tuple(Name(n["name"], tuple(n["is"]), n["says"]) for n in table["names"]),
            }
        )
        for table in tables
    )


def names_of(kind: str) -> list[str]:
    """The names under which a type is met, without doubles."""
    met = (name for option in options() for name in option.names if kind in name.types)
    return list(dict.fromkeys(name.name for name in met))


def tables() -> str:
    """A section with a table for every option, as the book's page has it."""
    return "\n\n".join(_section(option) for option in options())


def _section(option: Option) -> str:
    where = f"{option.where} ([documentation]({option.source}))."
    head = f"## {option.tool}: `{option.option}`\n\n{where}\n"
    rows = ["| name | type | what else to know |", "|---|---|---|"]
    for name in option.names:
        types = ", ".join(_link(kind) for kind in name.types)
        cells = (f"`{name.name}`".replace("|", "\\|"), types, name.says)
        rows.append("| " + " | ".join(cells) + " |")
    return "\n".join([head, *rows])


def _link(kind: str) -> str:
    """To the zoo, with its search set to the type."""
    said = escape(f"#live-zoo&{urlencode({'zoo.search': kind, 'zoo.tier': 0})}")
    return f'<a href="{ZOO}{said}">{escape(kind)}</a>'
