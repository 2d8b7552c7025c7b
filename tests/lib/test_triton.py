"""impl="triton", in Triton's interpreter, and what it refuses."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from attnlib import attention, masks

HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def said():
    command = [sys.executable, "-c", "import interpreted; interpreted.main()"]
    done = subprocess.run(
        command,
        env=os.environ | {"PYTHONPATH": os.pathsep.join((str(HERE), *sys.path))},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_output_and_gradients_are_the_references(said):
    assert len(said["errors"]) >= 9
    for case, errors in said["errors"].items():
        assert len(errors) == 4
        assert max(errors) < 5e-6, case


def test_16_bit_inputs_err_at_most_twice_as_much_as_the_naive_computation(said):
    assert max(said["halves"].values()) < 2


def test_what_nobody_sees_is_not_read(said):
    assert said["padding"]


def small(**options):
    query, key, value = torch.randn(3, 1, 2, 4, 8, dtype=options.pop("dtype", torch.float32))
    return attention(query, key, value, impl="triton", **options)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({}, 'runs on a GPU, got query on cpu; impl="sdpa" runs there'),
        ({"dropout_p": 0.5}, "cannot compute dropout"),
    ],
)
def test_what_it_cannot_do_it_says(options, says):
    with pytest.raises(ValueError, match=says):
        small(**options)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"dtype": torch.float64}, "computes in float32, got float64"),
        ({"mask": masks.Padding(torch.tensor([2]))}, r"computes mask=Causal\(\), Window"),
        ({"mask": masks.Prefix(2)}, r"computes mask=Causal\(\), Window.*got Prefix"),
        ({"bias": torch.zeros(4, 4).requires_grad_()[None, None]}, "has no gradient of a bias"),
    ],
)
def test_what_it_cannot_do_on_any_device_it_says(monkeypatch, options, says):
    monkeypatch.setenv("TRITON_INTERPRET", "1")  # as if it could run here; it is not reached
    with pytest.raises(ValueError, match=says):
        small(**options)


def test_without_triton_it_says_what_to_install(monkeypatch):
    monkeypatch.setenv("TRITON_INTERPRET", "1")
    monkeypatch.setattr("attnlib.kernels._triton.find_spec", lambda name: None)
    with pytest.raises(RuntimeError, match="needs triton, which is not installed: pip install"):
        small()
