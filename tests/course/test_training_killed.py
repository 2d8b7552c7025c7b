"""A run killed at any moment, also while it saves, goes on as though it never had been."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch import nn

from course.checkpoints import replace_at_once
from course.training import Recipe, Saving, state, train

# Trains, in children that are killed after a while, until one comes to its end; then prints how
# often that was, and what the last one made. One process imports torch once for all of them.
KILLING = """
import hashlib, json, os, random, signal, sys, time
from pathlib import Path
import torch
from torch import nn
from course.training import Recipe, Saving, train

torch.set_num_threads(1)
folder, kills = Path(sys.argv[1]), int(sys.argv[2])

first = nn.Linear(1, 1)  # what torch imports at the first step of all, no child imports again
train(first, lambda step: first(torch.ones(1, 1)).sum(), Recipe(1, 0.1), progress=False)

def run():
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(64, 1024), nn.Dropout(0.5), nn.Linear(1024, 1))
    def loss(step):
        x = torch.randn(4, 64, generator=torch.Generator().manual_seed(step))
        return (model(x) - 1).square().mean()
    saving = Saving(folder / "run", resume=(folder / "run.safetensors").exists())
    losses = train(
        model, loss, Recipe(40, 0.01, warmup=5), validate_every=1, saving=saving, progress=False
    )
    weights = b"".join(weight.numpy().tobytes() for weight in model.state_dict().values())
    (folder / "end").write_text(json.dumps([losses, hashlib.sha256(weights).hexdigest()]))

def stamp():
    return os.stat(folder).st_mtime_ns  # changes when a file is made or takes another's name

source, killed = random.Random(0), 0
while not (folder / "end").exists():
    child = os.fork()
    if child == 0:
        run()
        os._exit(0)
    if killed < kills:
        before, waited = stamp(), time.monotonic()
        while stamp() == before and time.monotonic() < waited + 9:  # it has come to its saving
            time.sleep(0.0005)
        time.sleep(source.uniform(0, 0.01))
        os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    killed += os.WIFSIGNALED(status)
    if not os.WIFSIGNALED(status) and status:
        sys.exit("a run that was to go on failed")
print(killed, (folder / "end").read_text())
"""


def trained_and_killed(folder: Path, kills: int) -> tuple[int, list[object]]:
    folder.mkdir()
    command = [sys.executable, "-c", KILLING, str(folder), str(kills)]
    told = subprocess.run(command, capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stderr
    killed, _, end = told.stdout.partition(" ")
    return int(killed), json.loads(end)


@pytest.mark.skipif(not hasattr(__import__("os"), "fork"), reason="kills forked children")
def test_a_run_killed_many_times_ends_with_the_same_bits(tmp_path: Path) -> None:
    never, expected = trained_and_killed(tmp_path / "whole", kills=0)
    killed, end = trained_and_killed(tmp_path / "killed", kills=12)
    assert never == 0
    assert killed >= 5
    assert end == expected


def test_a_write_that_is_cut_short_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "run.v1.safetensors"
    replace_at_once(file, b"old")

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("os.fsync", killed)
    with pytest.raises(KeyboardInterrupt):
        replace_at_once(file, b"new")
    assert file.read_bytes() == b"old"


def saved(folder: Path, name: str = "run") -> tuple[nn.Module, Path]:
    model = nn.Linear(3, 1)
    saving = Saving(folder / name)
    recipe = Recipe(2, 0.1)
    train(model, lambda step: model(torch.ones(1, 3)).sum(), recipe, saving=saving, progress=False)
    return model, saving.file


def test_two_names_that_differ_after_a_dot_are_two_files(tmp_path: Path) -> None:
    assert saved(tmp_path, "run.v1")[1] != saved(tmp_path, "run.v2")[1]
    assert {file.name for file in tmp_path.iterdir()} == {
        "run.v1.safetensors",
        "run.v2.safetensors",
    }


@pytest.mark.parametrize("left", [0, 5, 100, -1])
def test_a_damaged_state_is_named(tmp_path: Path, left: int) -> None:
    model, file = saved(tmp_path)
    file.write_bytes(file.read_bytes()[:left])
    with pytest.raises(ValueError, match=r"run\.safetensors holds no whole state of a run"):
        state.put_back(file, model, [], Recipe(2, 0.1))


def test_the_state_of_another_model_is_refused(tmp_path: Path) -> None:
    _, file = saved(tmp_path)
    with pytest.raises(ValueError, match=r"belongs to another model: it lacks 0\.weight, 0\.bias"):
        state.put_back(file, nn.Sequential(nn.Linear(3, 1)), [], Recipe(2, 0.1))
