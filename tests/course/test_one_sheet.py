"""One style sheet in place of those that all pages load."""

import pytest
from one_sheet import as_in_styles, joined, with_one_link

LINKS = (
    '<link href="../_static/styles/theme.css?digest=1" rel="stylesheet" />'
    '\n    <link rel="stylesheet" type="text/css" href="../_static/course.css?v=2" />'
    '<link rel="stylesheet" href="../_static/formulas/3.css" />'
)


def test_sheets_are_joined_in_the_order_of_the_pages(tmp_path) -> None:
    (tmp_path / "styles").mkdir()
    for name in ("course.css", "styles/theme.css", "basic.css", "other.css"):
        (tmp_path / name).write_text(f"/* {name} */")
    sheet, names = joined(tmp_path)
    assert sheet == "/* basic.css */\n/* styles/theme.css */\n/* course.css */"
    assert names == {"basic.css", "styles/theme.css", "course.css", "styles/all.css"}


@pytest.mark.parametrize(
    ("sheet", "moved"),
    [
        ("a{b:url(file.png)}", "a{b:url(../file.png)}"),
        ('a{b:url("file.png")}', 'a{b:url("../file.png")}'),
        ('a{b:url("data:image/x,url(#c)")}', 'a{b:url("data:image/x,url(#c)")}'),
        ('@charset "UTF-8";a{b:c}', "a{b:c}"),
    ],
)
def test_addresses_are_those_of_the_new_folder(sheet: str, moved: str) -> None:
    assert as_in_styles(sheet, lies_there=False) == moved


def test_what_lies_in_that_folder_keeps_its_addresses() -> None:
    assert as_in_styles("a{b:url(../c.woff)}", lies_there=True) == "a{b:url(../c.woff)}"


def test_a_page_links_to_the_one_sheet_where_the_first_stood() -> None:
    names = {"styles/theme.css", "course.css", "styles/all.css"}
    page = with_one_link(f"<head>{LINKS}</head>", names, "4")
    one = '\n  <link rel="stylesheet" href="../_static/styles/all.css?v=4" />'
    own = '<link rel="stylesheet" href="../_static/formulas/3.css" />'
    assert page == f"<head>{one}{own}</head>"
    assert with_one_link(page, names, "5") == page.replace("v=4", "v=5")
