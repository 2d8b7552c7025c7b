"""Train one of the course's models anew and save its checkpoint: python -m course.training TASK."""

import argparse
from importlib import import_module

import torch

TASKS = {
    "translation": "course.translation.train_translation",
    "positions": "course.translation.train_positions",
    "norms": "course.translation.train_norms",
    "masked_words": "course.reading.train_masked_words",
    "plays": "course.language.train_plays",
    "next_word": "course.language.train_next_word",
    "digits": "course.digits.train_digits",
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m course.training", description=__doc__)
    parsers = parser.add_subparsers(dest="task", required=True)
    modules = {task: import_module(name) for task, name in TASKS.items()}
    for task, module in modules.items():
        module.add_arguments(parsers.add_parser(task, help=module.__doc__))
    chosen = parser.parse_args()
    torch.set_num_threads(1)  # a second thread gains little here, and loses much on a busy machine
    modules[chosen.task].run(chosen)


if __name__ == "__main__":
    main()
