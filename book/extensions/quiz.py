"""The `quiz` directive: a question answered in the page, with feedback for every answer.

    ```{quiz} The weights of one query sum to …
    - [ ] 0 — Then the output would always be zero.
    - [x] 1 — Softmax divides by the sum.
    ```

The question stands on the first line, and more of it may follow. Each answer is a list item, `x`
marks the right ones, and what follows the dash is said when it is chosen. Markdown and math work
everywhere. Without scripts the answers fold out; with them, `quiz.js` does the rest.
"""

import re
from html import escape

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective
from sphinx.writers.html5 import HTML5Translator

ANSWER = re.compile(r"- \[(?P<mark>[ xX])\] (?P<text>.+)")
DASH = re.compile(r"\s+(?:—|--)\s+")


class QuizBlock(nodes.General, nodes.Element):
    """Holds one question, then the rest of the question, then as many choices."""


class QuizQuestion(nodes.General, nodes.TextElement):
    pass


class QuizChoice(nodes.General, nodes.TextElement):
    pass


class QuizFeedback(nodes.General, nodes.Element):
    pass


class Quiz(SphinxDirective):
    required_arguments = 1
    final_argument_whitespace = True
    has_content = True

    def run(self) -> list[nodes.Node]:
        more, answers = split_answers(list(self.content))
        problem = fault(answers)
        if problem:
            raise self.error(f"quiz “{self.arguments[0]}”: {problem}")
        number = self.env.new_serialno("quiz")
        block = QuizBlock(name=f"quiz-{number}")
        block += QuizQuestion("", "", *self.inline(self.arguments[0]))
        self.state.nested_parse(StringList(more, self.get_source_info()[0]), 0, block)
        for index, (right, text, feedback) in enumerate(answers):
            place = {"name": f"quiz-{number}", "letter": "ABCDEFGH"[index], "right": right}
            block += QuizChoice("", "", *self.inline(text), **place)
            block += QuizFeedback("", *self.parsed(feedback), **place)
        return [block]

    def parsed(self, text: str) -> list[nodes.Node]:
        holder = nodes.Element()
        self.state.nested_parse(StringList([text], self.get_source_info()[0]), 0, holder)
        return holder.children

    def inline(self, text: str) -> list[nodes.Node]:
        """Only what may stand in a legend or label: the text of one paragraph."""
        parsed = self.parsed(text)
        if len(parsed) != 1 or not isinstance(parsed[0], nodes.paragraph):
            raise self.error(f"quiz: “{text}” must be one paragraph of text")
        return parsed[0].children


def split_answers(lines: list[str]) -> tuple[list[str], list[tuple[bool, str, str]]]:
    """What precedes the list, and (right, text, feedback) of each item of the list."""
    before: list[str] = []
    items: list[list[str]] = []
    for line in lines:
        match = ANSWER.match(line)
        if match:
            items.append([match["mark"], match["text"]])
        elif items and line.strip():
            items[-1][1] += " " + line.strip()
        elif not items:
            before.append(line)
    answers = []
    for mark, joined in items:
        text, *feedback = DASH.split(joined, maxsplit=1)
        answers.append((mark != " ", text, feedback[0] if feedback else ""))
    return before, answers


def fault(answers: list[tuple[bool, str, str]]) -> str | None:
    if not 2 <= len(answers) <= 8:
        return f"expected 2 to 8 answers (- [ ] answer — feedback), got {len(answers)}"
    if sum(right for right, _, _ in answers) != 1:
        return "expected exactly one right answer, marked [x]"
    for _, text, feedback in answers:
        if not feedback:
            return f"the answer “{text}” says nothing: write - [ ] answer — feedback"
    return None


def visit_quiz(page: HTML5Translator, node: QuizBlock) -> None:
    page.body.append('<div class="quiz"><fieldset>')


def depart_quiz(page: HTML5Translator, node: QuizBlock) -> None:
    page.body.append('<div class="quiz-said" role="status"></div></fieldset>')
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
    app.add_directive("quiz", Quiz)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
