"""The tags of the printed book: they say what each piece is, heading, link or picture's text.

Every part has a tree of its own, whose entries its sheets, drawings and links name by
number. The trees become branches of one, and the numbers of each part begin where those before it
end. Poppler shows them: `pdfinfo -struct-text book.pdf`.
"""

from pypdf import PdfReader, PdfWriter
from pypdf.generic import ArrayObject, DictionaryObject, NameObject, NumberObject

OF_THE_BOOK = ("/Lang", "/MarkInfo", "/ViewerPreferences")  # the same in every part


def lay_tags(writer: PdfWriter, parts: list[PdfReader]) -> None:
    """Give the writer, which has the sheets and links of all parts, their trees as one."""
    root, whole = added(writer, "/StructTreeRoot"), added(writer, "/StructElem")
    branches, entries, begun = ArrayObject(), ArrayObject(), 0
    sheets = iter(writer.pages)
    for part in parts:
        tree = part.root_object["/StructTreeRoot"].clone(writer)
        branches.append(tree.raw_get("/K"))
        tree["/K"][NameObject("/S")] = NameObject("/Part")
        tree["/K"][NameObject("/P")] = whole.indirect_reference
        numbers = tree["/ParentTree"]["/Nums"]
        for place, entry in zip(numbers[::2], numbers[1::2], strict=True):
            entries.extend([NumberObject(begun + place), entry])
        for printed, sheet in zip(part.pages, sheets, strict=False):
            number(printed, sheet, begun)
            for link in sheet.get("/Annots", []):
                place = begun + link.get_object()["/StructParent"]
                link.get_object()[NameObject("/StructParent")] = NumberObject(place)
        begun += tree["/ParentTreeNextKey"]
    whole[NameObject("/S")] = NameObject("/Document")
    whole[NameObject("/P")] = root.indirect_reference
    whole[NameObject("/K")] = branches
    root[NameObject("/K")] = whole.indirect_reference
    root[NameObject("/ParentTree")] = DictionaryObject({NameObject("/Nums"): entries})
    root[NameObject("/ParentTreeNextKey")] = NumberObject(begun)
    writer.root_object[NameObject("/StructTreeRoot")] = root.indirect_reference
    for key in OF_THE_BOOK:
        writer.root_object[NameObject(key)] = parts[0].root_object[key].clone(writer)


def added(writer: PdfWriter, kind: str) -> DictionaryObject:
    new = DictionaryObject({NameObject("/Type"): NameObject(kind)})
    writer._add_object(new)
    return new


def number(printed: DictionaryObject, laid: DictionaryObject, begun: int) -> None:
    """Number the laid sheet, and each drawing on it, as it was printed: pypdf leaves that out."""
    if "/StructParents" in printed:
        laid[NameObject("/StructParents")] = NumberObject(begun + printed["/StructParents"])
    for name, drawing in drawings(printed).items():
        number(drawing.get_object(), drawings(laid)[name], begun)


def drawings(holder: DictionaryObject) -> DictionaryObject:
    return holder.get("/Resources", DictionaryObject()).get("/XObject", DictionaryObject())
