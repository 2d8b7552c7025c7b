"""Slides of the built chapters: headings, pictures, formulas and predictions, one per slide.

    python tools/slides.py BOOK FOLDER CHROMIUM [CHAPTER …]

Each chapter becomes one HTML file that needs nothing beside it, and the same as a PDF. What the
chapter says around a picture stands in the speaker's notes (N shows them).
"""

import base64
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from bs4 import BeautifulSoup, Tag
from slide_show import printed, show

STILL = re.compile(r'(<div class="attn-picture">.*?)(<svg.*?</svg>)', re.DOTALL)
LABEL = re.compile(r'aria-label="([^"]*)"')
TOLD = ("p", "ul", "ol", "dl", "blockquote")  # what goes into the notes
BOXES = {"objectives", "predict", "mistake", "remember"}
LEFT_OUT = ("Exercises", "Where this comes from", "References")
MISTAKES = "Mistakes worth making once"
LINES = 14  # what has more is read on the page
CAPTION = 260  # letters; a longer paragraph stands in the notes alone


@dataclass
class Slide:
    """One slide, in HTML: its heading, what it shows, and what the chapter says of it."""

    title: str
    body: str
    caption: str = ""
    notes: list[str] = field(default_factory=list)


def slides(page: str, folder: Path) -> list[Slide]:
    """The slides of a chapter's page, whose pictures lie where it looks for them from `folder`."""
    article = BeautifulSoup(with_stills(page), "html.parser").article
    assert article is not None, "the page has no article"
    for one in article.select("a.headerlink, script, form, .code-switch, .cell_input"):
        one.decompose()
    for picture in article.find_all("img"):
        picture["src"] = inside(str(picture["src"]), folder)
    for link in article.find_all("a"):
        link.unwrap()
    for named in article.find_all(id=True):
        del named["id"]
    made: list[Slide] = []
    for section in article.find_all("section"):
        if section.find_parent("section", class_="left-out") is None:
            made += slides_of(section)
    return made


def with_stills(page: str) -> str:
    """A live picture's still one as an image, whose names meet no other picture's."""

    def image(found: re.Match[str]) -> str:
        label = LABEL.search(found[2])
        address = data("image/svg+xml", found[2].encode())
        return f'{found[1]}<img alt="{label[1] if label else ""}" src="{address}">'

    return STILL.sub(image, page)


def data(kind: str, content: bytes) -> str:
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"


def inside(address: str, folder: Path) -> str:
    """The picture itself in place of its address."""
    if address.startswith("data:"):
        return address
    path = folder / address
    kinds = {".svg": "image/svg+xml", ".png": "image/png", ".jpg": "image/jpeg"}
    return data(kinds[path.suffix], path.read_bytes())


def slides_of(section: Tag) -> list[Slide]:
    """The slides of one section, without those of the sections in it."""
    heading = section.find(["h1", "h2", "h3"], recursive=False)
    if heading is None or heading.get_text(strip=True) in LEFT_OUT:
        section["class"] = "left-out"
        return []
    title, made, told = heading.decode_contents(), [], []
    for part in section.find_all(True, recursive=False):
        for name, body in shown(part, title, at_top=heading.name == "h1"):
            caption = told[-1] if told and not name and len(plain(told[-1])) <= CAPTION else ""
            made.append(Slide(name or title, body, caption, told))
            told = []
        if part.name in TOLD or "note" in part.get_attribute_list("class"):
            told.append(str(part))
    if made:
        made[-1].notes = made[-1].notes + told
    elif told:
        made.append(Slide(title, told[0], notes=told[1:]))
    return made


def shown(part: Tag, title: str, *, at_top: bool) -> Iterator[tuple[str, str]]:
    """What of a part of the page goes onto slides, each with a heading of its own or none."""
    kind = set(part.get_attribute_list("class"))
    if part.name == "section" or kind & {"exercise", "solution", "dropdown"}:
        return
    if kind & BOXES:
        name = part.find(class_="admonition-title")
        yield (name.extract().decode_contents() if name else title), part.decode_contents()
    elif "quiz" in kind:
        yield title, question(part)
    elif "math" in kind or part.name == "img":
        yield "", str(part)
    elif stands_apart(part, title, at_top):
        yield title, str(part)
    else:
        for one in part.select("img, table, details.below-input pre"):
            if length(one) <= LINES:
                yield "", str(one)


def length(part: Tag) -> int:
    """How many lines a text has; of a table its rows, or as many lines as its words would fill."""
    text = part.get_text().strip()
    if part.name == "table":
        return max(len(part.find_all("tr")), len(text) // 60)
    return len(text.splitlines())


def stands_apart(part: Tag, title: str, at_top: bool) -> bool:
    """Whether it is the chapter's question, or the name of a mistake."""
    if title == MISTAKES:
        return part.name == "p" and part.find("strong", recursive=False) is not None
    return part.name == "blockquote" and at_top


def question(quiz: Tag) -> str:
    """A quiz's question and its choices, and the answers folded below them."""
    asked = quiz.find("legend")
    choices = [one.decode_contents() for one in quiz.select(".quiz-choice label > span:last-child")]
    answers = quiz.find("details")
    assert asked is not None
    listed = "".join(f"<li>{choice}</li>" for choice in choices)
    return f'<p>{asked.decode_contents()}</p><ol type="A">{listed}</ol>{answers or ""}'


def plain(html: str) -> str:
    return BeautifulSoup(html, "html.parser").get_text()


def chosen(book: Path, names: list[str]) -> list[Path]:
    """The chapters that are asked for by number or file, all if none is."""
    pages = sorted((book / "notebooks").glob("[0-9]*.html"))
    wanted = {Path(name).stem[:2] for name in names}
    if unknown := wanted - {page.name[:2] for page in pages}:
        sys.exit(f"there is no chapter {', '.join(sorted(unknown))}")
    return [page for page in pages if not wanted or page.name[:2] in wanted]


def main(book: Path, folder: Path, chromium: str, *names: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for page in chosen(book, list(names)):
        text = page.read_text(encoding="utf-8")
        target = folder / page.name
        target.write_text(show(slides(text, page.parent), text, page.parent), encoding="utf-8")
        written.append(target)
    printed(written, chromium)
    for target in written:
        print(f"{target} and {target.with_suffix('.pdf').name}")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), *sys.argv[3:])
