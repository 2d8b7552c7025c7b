"""What the training tasks share: their options, and what is told of a trained model."""

import platform
from argparse import ArgumentParser
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from torch import nn

from course.checkpoints import CHECKPOINTS
from course.training.loop import Recipe


def add_run_arguments(parser: ArgumentParser, *, resume: bool = True) -> None:
    """--seed and --out, and --resume for a task whose runs can go on."""
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=CHECKPOINTS, help="folder")
    if resume:
        help_text = "go on where the last run stopped"
        parser.add_argument("--resume", action="store_true", help=help_text)


def account(model: nn.Module, recipe: Recipe, **more: Any) -> dict[str, Any]:
    """How many parameters, by which recipe (and `more` of it), with which versions."""
    return {
        "parameters": sum(parameter.numel() for parameter in model.parameters()),
        "recipe": asdict(recipe) | more,
        "versions": {"torch": torch.__version__, "python": platform.python_version()},
    }
