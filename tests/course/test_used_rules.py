"""The theme's style sheets: a rule that some page can meet stays, as it was, and others go."""

import pytest
from used_rules import names_of, used

NAMES = {"card", "open", "note", "search"}


@pytest.mark.parametrize(
    ("sheet", "left"),
    [
        ("p{color:red}", "p{color:red}"),
        (".card{color:red}.modal{color:blue}", ".card{color:red}"),
        (".card,.modal,.note{color:red}", ".card,.note{color:red}"),
        (".card .modal{color:red}", ""),
        (".card>.open:hover{color:red}", ".card>.open:hover{color:red}"),
        (".card:not(.modal,.other){color:red}", ".card:not(.modal,.other){color:red}"),
        (":is(.modal,.card) p{color:red}", ":is(.modal,.card) p{color:red}"),
        ('[data-x=".modal"]{color:red}', '[data-x=".modal"]{color:red}'),
        ("#search{color:red}#other{color:red}", "#search{color:red}"),
        (".bs-tooltip-auto{color:red}", ".bs-tooltip-auto{color:red}"),
        ("@media print{.modal{a:b}.card{c:d}}", "@media print{.card{c:d}}"),
        ("@media print{.modal{a:b}}", ""),
        ("@font-face{src:url(a.b)}", "@font-face{src:url(a.b)}"),
        ('@charset "utf-8";p{a:b}', '@charset "utf-8";p{a:b}'),
    ],
)
def test_rules_that_no_page_can_meet_go(sheet: str, left: str) -> None:
    assert used(sheet, NAMES) == left
    assert used(left, NAMES) == left


def test_names_stand_in_pages_and_in_scripts(tmp_path) -> None:
    (tmp_path / "_static").mkdir()
    (tmp_path / "page.html").write_text('<p class="card note" id="search">modal</p>')
    (tmp_path / "_static" / "a.js").write_text('one.classList.add("is-open")')
    names = names_of(tmp_path)
    assert {"card", "note", "search", "is-open"} <= names
    assert "modal" not in names  # a word of the text is no class
