"""Quizzes: a question answered in the page, with feedback for every answer.

    ::::{admonition} The weights of one query sum to …
    :class: quiz

    1. 0
    2. 1

    :::{admonition} Answers
    :class: dropdown

    1. Then the output would always be zero.
    2. **Right.** Softmax divides by the sum.
    :::
    ::::

In a notebook this reads as it stands, the answers folded. On the page each item of the first list
becomes a choice, and the item at its place in the folded list is said when it is chosen. Without
scripts the answers fold out; with them, `quiz.js` does the rest.
"""

import hashlib
from html import escape

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.errors import SphinxError
from sphinx.transforms import SphinxTransform
from sphinx.writers.html5 import HTML5Translator

from course.widgets.words import Words, languages

RIGHT = "Right."
IN_OTHERS = {Words(language, "page").known[RIGHT] for language in languages()}


class QuizBlock(nodes.General, nodes.Element):
    """Holds one question, then the rest of the question, then as many choices."""


class QuizQuestion(nodes.General, nodes.TextElement):
    pass


class QuizChoice(nodes.General, nodes.TextElement):
    pass


class QuizFeedback(nodes.General, nodes.Element):
    pass


class Quizzes(SphinxTransform):
    """Every admonition of the class `quiz` becomes a QuizBlock."""

    default_priority = 205  # before the transforms that number and gather what stands in the page

    def apply(self) -> None:
        for box in list(self.document.findall(nodes.admonition)):
            if "quiz" in box["classes"]:
                box.replace_self(self.quiz(box))

    def quiz(self, box: nodes.admonition) -> QuizBlock:
        title, *more, choices, answers = _parts(box)
        name = f"quiz-{self.env.new_serialno('quiz')}"
        key = f"{self.env.docname}#{hashlib.sha256(title.astext().encode()).hexdigest()[:10]}"
        block = QuizBlock("", QuizQuestion("", "", *title.children), *more, name=name, key=key)
        for index, (choice, said) in enumerate(zip(choices, answers, strict=True)):
            right = is_right(said)
            if right:
                said[0].remove(_opening(said))
            place = {"name": name, "letter": "ABCDEFGH"[index], "right": right}
            block += QuizChoice("", "", *choice[0].children, **place)
            block += QuizFeedback("", *said.children, **place)
        return block


def _parts(box: nodes.admonition) -> list[nodes.Element]:
    """The title, the rest of the question, the list of choices and that of answers."""
    title, *more = box.children
    problem = fault(more)
    if problem:
        raise SphinxError(f"{box.source}:{box.line}: quiz “{title.astext()}”: {problem}")
    return [title, *more[:-1], more[-1].children[-1]]


def fault(parts: list[nodes.Node]) -> str | None:
    """What is wrong with what stands below the question; None when nothing is."""
    if len(parts) < 2 or not isinstance(parts[-2], nodes.enumerated_list):
        return "expected a numbered list of choices"
    folded = parts[-1]
    if not isinstance(folded, nodes.admonition) or "dropdown" not in folded["classes"]:
        return "expected, after the choices, an admonition of the class dropdown with the answers"
    choices, answers = parts[-2], folded.children[-1]
    if not 2 <= len(choices) <= 8:
        return f"expected 2 to 8 choices, got {len(choices)}"
    if not isinstance(answers, nodes.enumerated_list) or len(answers) != len(choices):
        return "expected a numbered list of as many answers as there are choices"
    if sum(map(is_right, answers)) != 1:
        return f"expected exactly one answer that begins with **{RIGHT}**"
    if any(len(choice) != 1 for choice in choices):
        return "expected every choice to be one paragraph"
    return None


def is_right(answer: nodes.Element) -> bool:
    opening = _opening(answer)
    return isinstance(opening, nodes.strong) and opening.astext() in {RIGHT, *IN_OTHERS}


def _opening(answer: nodes.Element) -> nodes.Node:
    """What the answer's text begins with (the parser may leave an empty text in front)."""
    return next(child for child in answer[0].children if child.astext())


def visit_quiz(page: HTML5Translator, node: QuizBlock) -> None:
    page.body.append(f'<div class="quiz" data-key="{escape(node["key"])}"><fieldset>')


def depart_quiz(page: HTML5Translator, node: QuizBlock) -> None:
    page.body.append(
        '<div class="quiz-said" aria-live="polite" aria-atomic="true"></div></fieldset>'
    )
    page.body.append("<details><summary>Show the answers</summary>")
    for feedback in node.findall(QuizFeedback):
        verdict = "right" if feedback["right"] else "wrong"
        page.body.append(f'<div class="quiz-feedback" data-verdict="{verdict}">')
        page.body.append(f'<p class="quiz-verdict">{feedback["letter"]} is {verdict}.</p>')
        for child in feedback.children:
            child.walkabout(page)
        page.body.append("</div>")
    page.body.append("</details></div>")


def visit_question(page: HTML5Translator, node: QuizQuestion) -> None:
    page.body.append("<legend>")


def depart_question(page: HTML5Translator, node: QuizQuestion) -> None:
    page.body.append("</legend>")


def visit_choice(page: HTML5Translator, node: QuizChoice) -> None:
    name, letter = escape(node["name"]), node["letter"]
    page.body.append(
        f'<div class="quiz-choice"><input type="radio" name="{name}" id="{name}-{letter}">'
        f'<label for="{name}-{letter}"><span class="quiz-letter">{letter}</span> <span>'
    )


def depart_choice(page: HTML5Translator, node: QuizChoice) -> None:
    page.body.append("</span></label></div>")


def skip(page: HTML5Translator, node: QuizFeedback) -> None:
    """Feedback is written by `depart_quiz`, below all the choices."""
    raise nodes.SkipNode


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_node(QuizBlock, html=(visit_quiz, depart_quiz))
    app.add_node(QuizQuestion, html=(visit_question, depart_question))
    app.add_node(QuizChoice, html=(visit_choice, depart_choice))
    app.add_node(QuizFeedback, html=(skip, None))
    app.add_transform(Quizzes)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
