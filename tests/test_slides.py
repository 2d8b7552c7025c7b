"""Slides from a chapter's page: what becomes one, what the speaker is told, what is left out."""

import base64
from pathlib import Path

import pytest
from slide_show import show
from slides import LINES, Slide, slides

STILL = '<svg aria-label="three words" viewBox="0 0 9 9"><path id="a"/></svg>'
ANSWER = '<div class="cell"><details class="below-input"><pre>{}</pre></details></div>'
PAGE = f"""<title>03 Masks &#8212; Book</title><article>
<section id="masks"><h1><span>03</span> Masks<a class="headerlink">#</a></h1>
<blockquote><p>Who may look?</p></blockquote>
<div class="objectives admonition"><p class="admonition-title">After</p><p>You can mask.</p></div>
<section id="rule"><h2>A rule</h2>
<p>First a <a href="x.html">word</a>.</p><p>The formula:</p>
<div class="math">x &lt; y</div><p>It hides.</p>
<div class="cell"><div class="cell_input"><pre>code</pre></div>
<div class="attn-widget"><div class="attn-picture">{STILL}</div><script>1</script></div></div>
<p>After it.</p>
<section id="deep"><h3>Deeper</h3><img alt="a map" src="map.svg"></section>
</section>
<section id="guess"><h2>Guess</h2>
<div class="predict admonition"><p class="admonition-title">Predict</p><p>How many?</p>
<form><input></form></div>
{ANSWER.format("two")}{ANSWER.format("long " + chr(10) * LINES + " end")}</section>
<section id="words"><h2>Words only</h2><p>One.</p><p>Two.</p>
<div class="note admonition"><p>By the way.</p></div>
<table>{"<tr><td>row</td></tr>" * (LINES + 1)}</table></section>
<section id="mistakes"><h2>Mistakes worth making once</h2>
<p><strong>The wrong axis.</strong> Rows.</p><p>Said.</p></section>
<section id="exercises"><h2>Exercises</h2><p>Do.</p>
<section><h3>First</h3><img alt="" src="map.svg"></section></section>
<section id="quiz"><h2>Quiz</h2><div class="quiz"><fieldset><legend>Which?</legend>
<div class="quiz-choice"><label><span>A</span> <span>this</span></label></div></fieldset>
<details><summary>Show the answers</summary><p>A is right.</p></details></div></section>
</section></article>"""


@pytest.fixture
def made(tmp_path: Path) -> list[Slide]:
    (tmp_path / "map.svg").write_text("<svg/>")
    return slides(PAGE, tmp_path)


def test_each_thing_to_see_has_a_slide_under_its_heading(made: list[Slide]) -> None:
    titles = [slide.title for slide in made]
    assert titles == [
        "<span>03</span> Masks",
        "After",
        "A rule",
        "A rule",
        "Deeper",
        "Predict",
        "Guess",
        "Words only",
        "Mistakes worth making once",
        "Quiz",
    ]


def test_the_paragraph_before_is_the_caption_and_all_are_notes(made: list[Slide]) -> None:
    formula, picture = made[2:4]
    assert formula.body == '<div class="math">x &lt; y</div>'
    assert formula.caption == "<p>The formula:</p>"
    assert formula.notes == ["<p>First a word.</p>", "<p>The formula:</p>"]
    assert picture.notes == ["<p>It hides.</p>", "<p>After it.</p>"]


def test_pictures_stand_in_the_slide(made: list[Slide]) -> None:
    still = base64.b64encode(STILL.encode()).decode()
    assert made[3].body == f'<img alt="three words" src="data:image/svg+xml;base64,{still}"/>'
    figure = base64.b64encode(b"<svg/>").decode()
    assert made[4].body == f'<img alt="a map" src="data:image/svg+xml;base64,{figure}"/>'


def test_a_prediction_comes_before_its_answer_and_has_no_form(made: list[Slide]) -> None:
    assert "How many?" in made[5].body
    assert "<form" not in made[5].body
    assert made[6].body == "<pre>two</pre>"


def test_a_section_of_words_shows_its_first_paragraph(made: list[Slide]) -> None:
    aside = '<div class="note admonition"><p>By the way.</p></div>'
    assert (made[7].body, made[7].notes) == ("<p>One.</p>", ["<p>Two.</p>", aside])


def test_a_quiz_keeps_its_answers_folded(made: list[Slide]) -> None:
    question = made[-1].body
    assert question.startswith('<p>Which?</p><ol type="A"><li>this</li></ol><details>')
    assert "A is right." in question


def test_no_name_and_no_code_is_carried_along(made: list[Slide], tmp_path: Path) -> None:
    whole = "".join(slide.title + slide.body + "".join(slide.notes) for slide in made)
    assert " id=" not in whole
    assert "<script" not in whole
    assert "code" not in whole


def test_the_show_names_its_chapter_and_nothing_outside(made: list[Slide], tmp_path: Path) -> None:
    text = show(made, PAGE, tmp_path)
    assert "<title>03 Masks</title>" in text
    assert text.count('<section class="slide"') == len(made)
    assert "http" not in text.replace('http-equiv="Content-Security-Policy"', "")
