"""Chapters by their numbers: "chapter 03" in the text is a link, and headings write 03 as well.

The number is looked up among the files `notebooks/NN_….ipynb`. What stands in code, in a heading or
in a link already is left alone, and so is a number that no chapter has.
"""

import re
from collections.abc import Iterator

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.transforms.post_transforms import SphinxPostTransform

NAMED = re.compile(r"\b([Cc]hapter\s+\d\d|[Cc]hapters\s+\d\d(?:(?:, | and | to | or |–)\d\d)+)\b")
NUMBER = re.compile(r"\d\d")
LEFT_ALONE = (nodes.reference, nodes.literal, nodes.literal_block, nodes.title, nodes.raw)


class LinkChapters(SphinxPostTransform):
    default_priority = 600  # after all other links stand

    def run(self) -> None:
        if self.app.builder.format != "html":
            return
        self.pages = {
            page[10:12]: page for page in self.env.found_docs if re.match(r"notebooks/\d\d_", page)
        }
        for text in list(self.document.findall(nodes.Text)):
            if NAMED.search(text) and not any(isinstance(up, LEFT_ALONE) for up in above(text)):
                text.parent.replace(text, list(self.linked(str(text))))

    def linked(self, text: str) -> Iterator[nodes.Node]:
        """The text with its chapters as links: "chapter 03" whole, of several each number."""
        for part in NAMED.split(text):
            pieces = [part]
            if NAMED.fullmatch(part) and part[7:8] == "s":
                pieces = re.split(r"(\d\d)", part)
            for piece in filter(None, pieces):
                whole = NAMED.fullmatch(part) and NUMBER.search(piece)
                yield self.link(piece, whole[0]) if whole else nodes.Text(piece)

    def link(self, words: str, number: str) -> nodes.Node:
        page = self.pages.get(number)
        if page is None or page == self.env.docname:
            return nodes.Text(words)
        address = self.app.builder.get_relative_uri(self.env.docname, page)
        return nodes.reference("", words, internal=True, refuri=address)


def above(node: nodes.Node) -> Iterator[nodes.Node]:
    while node.parent is not None:
        node = node.parent
        yield node


def two_digits(app: Sphinx, env: BuildEnvironment) -> None:
    """Chapter 3 is 03 in every heading and list, as in the text and in the names of files."""
    for sections in env.toc_secnumbers.values():
        for anchor, number in sections.items():
            sections[anchor] = padded(number)
    links = [link for toc in env.tocs.values() for link in toc.findall(nodes.reference)]
    for named in (*env.titles.values(), *env.longtitles.values(), *links):
        if named.get("secnumber"):
            named["secnumber"] = padded(named["secnumber"])


def padded(number: tuple[int, ...] | None) -> tuple[int | str, ...] | None:
    return number and (f"{int(number[0]):02}", *number[1:])


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_post_transform(LinkChapters)
    app.connect("env-check-consistency", two_digits)  # when all are counted
    return {"parallel_read_safe": True, "parallel_write_safe": True}
