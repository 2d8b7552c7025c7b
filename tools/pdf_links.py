"""Links within the printed book: they led from page to page, and lead from sheet to sheet.

What the pages ask of one another is put in when all are printed.
"""

from typing import Any, NamedTuple
from urllib.parse import unquote

from pypdf import PageObject, PdfReader, PdfWriter
from pypdf.generic import ArrayObject, DictionaryObject, FloatObject, NameObject, NullObject


class Place(NamedTuple):
    sheet: PageObject
    top: float


class Links:
    """What the parts of a book link to, and the places they have."""

    def __init__(self, writer: PdfWriter) -> None:
        self.writer = writer
        self.places: dict[str, Place] = {}
        self.asked: list[tuple[PageObject, DictionaryObject, str]] = []

    def append(self, address: str, part: PdfReader, title: str | None) -> None:
        """The part's sheets at the end of the book, their links noted and left out."""
        before = len(self.writer.pages)
        self.writer.append(part, outline_item=title, excluded_fields=["/Annots"])
        sheets = self.writer.pages[before:]
        self.places[address] = Place(sheets[0], sheets[0].mediabox.top)
        for name, where in part.named_destinations.items():
            number = part.get_destination_page_number(where)
            if number is not None and where.top is not None:
                place = Place(sheets[number], float(where.top))
                self.places[f"{address}#{unquote(name.removeprefix('/'))}"] = place
        for sheet, printed in zip(sheets, part.pages, strict=True):
            for reference in printed.get("/Annots", []):
                link = reference.get_object()
                self.asked.append((sheet, link, target(link, address)))

    def lay(self) -> None:
        """Put in the links: to a place of the book or to the web. Others lead nowhere on paper."""
        self.writer.root_object.pop("/Names", None)  # two pages may use one name
        for sheet, link, address in self.asked:
            place = self.places.get(address) or self.places.get(address.partition("#")[0])
            laid = link.clone(self.writer, ignore_fields=("/A", "/Dest", "/P"))
            if place is None and address.startswith("file:"):
                continue
            if place is not None:
                laid[NameObject("/Dest")] = pointing(place)
            else:
                laid[NameObject("/A")] = link["/A"].clone(self.writer)
            annotations = sheet.setdefault(NameObject("/Annots"), ArrayObject())
            annotations.append(laid.indirect_reference)


def target(link: Any, page: str) -> str:
    """Where a link of a page leads: an address, as `Links.places` has it."""
    if "/Dest" in link:
        return f"{page}#{unquote(link['/Dest'].removeprefix('/'))}"
    address, mark, name = link["/A"]["/URI"].partition("#")
    return f"{address}{mark}{unquote(name)}"


def pointing(place: Place) -> ArrayObject:
    """A destination that leaves the reader's zoom as it is."""
    top = FloatObject(place.top)
    return ArrayObject(
        [place.sheet.indirect_reference, NameObject("/XYZ"), NullObject(), top, NullObject()]
    )
