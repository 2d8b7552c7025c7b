"""The book's pages in other languages: made before the build, and marked as what they are.

They are made when this extension is loaded, before anything looks for the pages of `_toc.yml`. Each
such page says its language to the browser and to search engines, links to its English page and is
linked from it; what the theme and our extensions wrote in English is said in its language, and what
stays English (code, outputs, names of other pages) says so, for those who listen.
"""

import hashlib
import posixpath
import re
from html import escape, unescape
from pathlib import Path
from typing import Any

from docutils import nodes
from prose import translated
from said import said_on_pages, script
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from translated_pages import ROOT, folder, write_pages

from course.widgets.words import Words, languages

PAGE_SCRIPT = re.compile(r'<script[^>]*src="([^"]*_static/attention/)page\.js[^"]*"[^>]*></script>')
# Where no words are looked for; what stands between two tags; what is read out, or shown as a tip.
KEPT = re.compile(r"(<(pre|code|script|style|svg|mjx-container)\b.*?</\2>)", re.DOTALL)
TEXT = re.compile(r"(?<!<em)(?<!<strong)>(\s*)([^<>]*[^<>\s])(\s*)<")
NAME = re.compile(r'((?:aria-label|title|placeholder|alt|data-bs-title)=")([^"]+)(?=")')
HINT = re.compile(r"(?<=let toggleHint)(Show|Hide) = '(\w+)'")
ARTICLE = re.compile(r"(<article\b.*</article>)", re.DOTALL)
ENGLISH = '<div class="citation-list"'  # titles of papers
PICTURE = re.compile(r'<img (?=[^>]*\balt="([^"]+)")')
LINK = re.compile(
    r'<a (?=[^>]*\bclass="reference internal")(?=[^>]*\bhref="([^"#]*)")(?![^>]*\blang=)'
)
CAPTION = re.compile(r'<span class="caption-text">([^<]+)</span>')
ENGLISH_CELL = re.compile(
    r'<div class="(cell_(?:input|output) [^"]*)">(?!\s*<div class="attn-widget")'
)


def pairs() -> dict[str, dict[str, str]]:
    """By language, each translated page's name and that of its English page."""
    return {
        language: {
            f"{folder(language)}/{english.stem}": english.relative_to(ROOT)
            .with_suffix("")
            .as_posix()
            for english in translated(language).values()
        }
        for language in languages()
    }


def language_of(page: str) -> str:
    """The language of a page, by its name."""
    return next((one for one in languages() if page.startswith(f"{folder(one)}/")), "en")


def mark(app: Sphinx, page: str, template: str, context: dict[str, Any], tree: object) -> None:
    """Gives a page its language, and links it with the same page in others."""
    here = language_of(page)
    context["language"] = here
    found = [(here, page)]
    for language, names in pairs().items():
        english = names.get(page, page)
        found += [("en", english)] if page in names else []
        found += [(language, name) for name, of in names.items() if of == english and name != page]
    if len(found) == 1:
        return
    address = context["pathto"]
    links = [
        f'<a href="{address(name)}" hreflang="{one}" lang="{one}" rel="alternate">{label(one)}</a>'
        for one, name in found[1:]
    ]
    line = f'<p class="languages">{" · ".join(links)}</p>'
    body = context["body"].replace("</h1>", f"</h1>{line}", 1)
    name = posixpath.basename(english)  # a heading's own anchor differs from language to language
    context["body"] = body.replace("<section ", f'<section data-page="{name}" ', 1)
    if here != "en":  # no cloud can open a notebook that is made with the book
        kept = [one for one in context["header_buttons"] if one.get("label") != "launch-buttons"]
        context["header_buttons"] = kept


def label(language: str) -> str:
    """How a link calls a page in that language, in that language."""
    return "This page in English" if language == "en" else Words(language, "about").known["link"]


def finish(app: Sphinx, error: Exception | None) -> None:
    """Says the rest of each page in its language."""
    if error is not None or app.builder.format != "html":
        return
    out = Path(app.outdir)
    tags = {language: write_script(language, out) for language in languages()}
    for path in out.rglob("*.html"):
        page = path.relative_to(out).with_suffix("").as_posix()
        text = path.read_text(encoding="utf-8")
        here = language_of(page)
        done = text
        if here != "en" and f"words-{here}.js" not in text:
            done = spoken(done, here)
            done = PAGE_SCRIPT.sub(rf"{tags[here]}\g<0>", done)
        done = with_others(done, page)
        if done != text:
            path.write_text(done, encoding="utf-8")


def write_script(language: str, out: Path) -> str:
    """Writes the words of a language for its pages; gives the tag that loads them."""
    source = script(language, said_on_pages(language))
    name = f"words-{language}.js"
    (out / "_static" / "attention" / name).write_text(source, encoding="utf-8")
    version = hashlib.sha256(source.encode()).hexdigest()[:8]
    return rf'<script src="\g<1>{name}?v={version}"></script>'


def spoken(page: str, language: str) -> str:
    """A page with the words around its text in its language, its code and outputs as English."""
    words = Words(language, "page")
    pictures = set(Words(language, "pictures").known.values())

    def text(found: re.Match[str]) -> str:
        said = words.said(unescape(" ".join(found[2].split())))
        return found[0] if said is None else f">{found[1]}{escape(said, quote=False)}{found[3]}<"

    def name(found: re.Match[str]) -> str:
        said = words.said(unescape(found[2]))
        return found[0] if said is None else f"{found[1]}{escape(said)}"

    def picture(tag: re.Match[str]) -> str:
        return f'{tag[0]}lang="{language}" ' if unescape(tag[1]) in pictures else tag[0]

    page = HINT.sub(lambda hint: f"{hint[1]} = '{words.or_same(hint[2])}'", page)
    page = ENGLISH_CELL.sub(r'<div class="\1" lang="en">', page)
    page = PICTURE.sub(picture, page.replace(ENGLISH, f'{ENGLISH} lang="en"'))
    pieces = KEPT.split(page)
    for i in range(0, len(pieces), 3):
        pieces[i] = NAME.sub(name, TEXT.sub(text, pieces[i]))
    return "".join(piece for i, piece in enumerate(pieces) if i % 3 < 2)


def with_others(text: str, page: str) -> str:
    """A page whose contents name pages of other languages in their own."""
    here = language_of(page)

    def link(tag: re.Match[str]) -> str:
        to = posixpath.normpath(posixpath.join(posixpath.dirname(page), tag[1]))
        there = language_of(to) if tag[1] else here
        return tag[0] if there == here else f'<a lang="{there}" {tag[0][3:]}'

    def caption(found: re.Match[str]) -> str:
        there = next((one for one in languages() if found[1] == caption_of(one)), "en")
        return (
            found[0]
            if there == here
            else f'<span class="caption-text" lang="{there}">{found[1]}</span>'
        )

    parts = ARTICLE.split(text)
    return "".join(
        part if i % 2 else CAPTION.sub(caption, LINK.sub(link, part))
        for i, part in enumerate(parts)
    )


def caption_of(language: str) -> str:
    """What the part of the contents with this language's pages is called."""
    return Words(language, "about").known["part"]


def number(app: Sphinx, env: BuildEnvironment) -> None:
    """A chapter and its exercises have in each language the numbers that they have in English."""
    for language, names in pairs().items():
        for page, english in names.items():
            found = env.toc_secnumbers.get(english, {}).get("")
            links = list(env.tocs[page].findall(nodes.reference))
            env.toc_secnumbers[page] = dict.fromkeys(link["anchorname"] for link in links)
            env.toc_fignumbers[page] = {
                kind: {f"{language}-{label}": count for label, count in counts.items()}
                for kind, counts in env.toc_fignumbers.get(english, {}).items()
            }
            if found:
                env.toc_secnumbers[page][""] = found
                for named in (env.titles[page], env.longtitles[page], links[0]):
                    named["secnumber"] = found


def setup(app: Sphinx) -> dict[str, bool]:
    for language in languages():
        write_pages(language)
    # After the theme's buttons and the cloud's; before the policy, which moves scripts into files.
    app.connect("env-check-consistency", number, priority=600)  # when all have two digits
    app.connect("html-page-context", mark, priority=503)
    app.connect("build-finished", finish, priority=800)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
