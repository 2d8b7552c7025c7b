"""The commands of the course: each says what it does, and refuses what it does not know."""

import os
import subprocess
import sys
from importlib import import_module

import pytest
from environment import ROOT

from course.catalogue import CATALOGUE, papers
from course.catalogue.__main__ import import_of
from course.measurements.table import chapters

COMMANDS = ("assignments", "catalogue", "data", "measurements", "training", "translation")


def main(command):
    return import_module(f"course.{command}.__main__").main


@pytest.mark.parametrize("command", COMMANDS)
def test_help_is_printed_and_nothing_is_done(command, capsys):
    with pytest.raises(SystemExit) as ended:
        main(command)(["--help"])
    assert ended.value.code == 0
    assert capsys.readouterr().out.startswith(f"usage: python -m course.{command} ")


@pytest.mark.parametrize("command", COMMANDS)
def test_what_a_command_does_not_know_is_refused_in_a_line(command, capsys):
    with pytest.raises(SystemExit) as ended:
        main(command)(["--bogus"])
    assert ended.value.code == 2
    assert capsys.readouterr().err.splitlines()[-1].startswith(f"python -m course.{command}: error")


def test_a_chapter_that_measures_nothing_is_named_with_those_that_do(capsys):
    with pytest.raises(SystemExit) as ended:
        main("measurements")(["99"])
    assert ended.value.code == 2
    said = capsys.readouterr().err
    known = ", ".join(map(str, chapters()))
    assert f"chapter 99 has no measurements; {known} have" in said
    assert {2, 17} <= set(chapters())


def test_the_catalogue_prints_both_ways(capsys):
    main("catalogue")([])
    main("catalogue")(["--markdown"])
    said = capsys.readouterr().out
    assert "attention types\n" in said
    assert "| type | family | paper | time | memory | checked against |" in said


def test_a_course_without_its_book_says_where_the_papers_are(tmp_path, monkeypatch):
    monkeypatch.setattr(papers, "BIBLIOGRAPHY", tmp_path)
    with pytest.raises(FileNotFoundError, match="use the course from a clone of its repository"):
        papers.papers.__wrapped__()


WORDS = [
    *([f"course.{command}", "--help"] for command in COMMANDS),
    ["course.catalogue"],
    ["course.catalogue", "--markdown"],
    ["course.measurements"],
    ["make"],
]
EACH = """
import runpy, sys
sys.path.insert(0, "tools")
for words in {words}:
    sys.stdout.reconfigure(encoding={encoding!r})
    sys.modules.pop("environment", None)
    sys.argv = words
    try:
        runpy.run_module(words[0], run_name="__main__", alter_sys=True)
    except SystemExit:
        pass
"""


@pytest.mark.parametrize("encoding", ["cp1252", "cp437"])
def test_a_console_of_few_signs_gets_utf8(encoding):
    """Each command in turn, as when it is redirected on Windows."""
    ours = os.environ | {"PYTHONIOENCODING": encoding, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "0"}
    command = [sys.executable, "-c", EACH.format(words=WORDS, encoding=encoding)]
    done = subprocess.run(command, cwd=ROOT, env=ours, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode("utf-8", "replace")
    said = done.stdout.decode("utf-8")
    assert "attention types" in said
    assert "make the environment, build the book" in said


def test_the_catalogue_names_an_import_of_every_type():
    for entry in CATALOGUE:
        scope = {}
        exec(import_of(entry), scope)
        assert scope[entry.implementation.__name__] is entry.implementation
