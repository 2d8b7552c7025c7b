"""Train one of the course's models anew and save its checkpoint: python -m course.training TASK.

By default a task trains what the course has, by the same recipe. A checkpoint that is there
already is replaced only with --force. A task needs the packages of its own data alone.
"""

import sys
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from collections.abc import Sequence
from importlib import import_module

import torch

from course._console import speak_utf8
from course.training.tasks import Command

TASKS = {
    "translation": ("course.translation.train_translation", "English to French"),
    "positions": ("course.translation.train_positions", "the same, one position scheme each"),
    "long": ("course.translation.train_long", "the translator, one position scheme each"),
    "parts": ("course.translation.train_parts", "translators with one part missing"),
    "norms": ("course.translation.train_norms", "loss curves of post-norm and pre-norm"),
    "masked_words": ("course.reading.train_masked_words", "hidden words, both ways or back only"),
    "plays": ("course.language.train_plays", "a GPT that learns to write plays"),
    "next_word": ("course.language.train_next_word", "the next word, one position scheme each"),
    "digits": ("course.digits.train_digits", "handwritten digits, from forms not seen"),
}


def command(task: str) -> Command:
    """The task's own file says what it is; only now is it imported."""
    found: Command = import_module(TASKS[task][0]).TASK
    return found


def main(words: Sequence[str]) -> None:
    parser = ArgumentParser(
        prog="python -m course.training",
        description=__doc__,
        formatter_class=RawDescriptionHelpFormatter,
    )
    parsers = parser.add_subparsers(dest="task", metavar="TASK", required=True)
    for task, (_, says) in TASKS.items():
        parser_of_task = parsers.add_parser(task, help=says, description=says)
        if task in words[:1]:
            command(task).add_arguments(parser_of_task)
    chosen = parser.parse_args(words)
    torch.set_num_threads(1)  # a second thread gains little here, and loses much on a busy machine
    try:
        command(chosen.task).run(chosen)
    except (ValueError, OSError, ModuleNotFoundError, FloatingPointError) as error:
        sys.exit(f"{parser.prog} {chosen.task}: {error}")
    except KeyboardInterrupt:
        sys.exit("stopped; --resume goes on from the last validation")


if __name__ == "__main__":
    speak_utf8()
    main(sys.argv[1:])
