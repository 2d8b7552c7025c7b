"""where_it_looks: the ViT in the page gives the same classes and weights as in PyTorch."""

import json
import math
import subprocess

import pytest
import torch
from safetensors.torch import save_file

from attnlib import record_attention
from attnlib.models.vit import ViT
from course.data.digits import load
from course.digits.networks import blank
from course.digits.networks import load as load_network
from course.widgets import where_it_looks
from course.widgets._assets import ASSETS, STATIC
from course.widgets._where_it_looks import CHECKPOINT, PICTURES, look
from tests.course.js.conftest import HERE, node

VIEW = "where_it_looks.js"
SHAPE = {"heads": 4, "layers": 3, "side": 8, "patch": 2}


def in_the_page(file, shape, pictures):
    """Probabilities and maps (layers, H, T, T) that the page computes for each list of pixels."""
    question = json.dumps({"shape": shape, "pictures": pictures})
    command = [node(), "--no-warnings", HERE / "read_digits.mjs", STATIC, file, question]
    seen = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    return (
        torch.tensor([one["probabilities"] for one in seen], dtype=torch.float64),
        torch.tensor([one["maps"] for one in seen], dtype=torch.float64),
    )


@torch.no_grad()
def in_pytorch(model, images):
    with record_attention(model) as maps:
        probabilities = model(images).softmax(dim=-1)
    return probabilities, torch.stack([seen.weights for seen in maps.values()], dim=1)


def test_any_small_vit_is_computed_alike(tmp_path):
    torch.manual_seed(0)
    model = ViT(
        5, side=6, patch=3, channels=1, size=12, heads=3, layers=2, hidden=20, dropout_p=0.0
    )
    model = model.half().double().eval()
    file = tmp_path / "model.safetensors"
    save_file({name: weight.half() for name, weight in model.state_dict().items()}, file)
    images = torch.rand(2, 1, 6, 6, dtype=torch.float64)
    shape = {"heads": 3, "layers": 2, "side": 6, "patch": 3}
    page = in_the_page(file, shape, images.flatten(1).tolist())
    for theirs, ours in zip(page, in_pytorch(model, images), strict=True):
        torch.testing.assert_close(theirs, ours, rtol=0, atol=1e-6)


@pytest.mark.parametrize("off", [[], [5], list(range(16))])
def test_the_page_reads_the_prepared_digits_like_pytorch(javascript, off):
    images = load().test.images[list(PICTURES)].double()
    shown = [
        javascript(VIEW, "withoutPatches", pixels, off, SHAPE)
        for pixels in images.flatten(1).tolist()
    ]
    blanked = blank(images, torch.tensor([off] * len(images), dtype=torch.int64))
    torch.testing.assert_close(torch.tensor(shown).double(), blanked.flatten(1))
    page = in_the_page(ASSETS[CHECKPOINT], SHAPE, shown)
    expected = in_pytorch(load_network().double(), blanked)
    for theirs, ours in zip(page, expected, strict=True):
        torch.testing.assert_close(theirs, ours, rtol=0, atol=1e-4)
    assert page[0].argmax(1).tolist() == expected[0].argmax(1).tolist()


def test_the_view_knows_the_shape_of_the_checkpoint():
    assert where_it_looks().view.shape == SHAPE


@pytest.mark.parametrize("layer", [0, 1, 2])
@pytest.mark.parametrize("head", [None, 0, 3])
@pytest.mark.parametrize("place", [0, 16])
def test_the_weights_shown_are_those_of_the_query_chosen(javascript, layer, head, place):
    model, image = load_network(), load().test.images[PICTURES[6]]
    _, maps = in_pytorch(model, image[None])
    given = javascript(
        VIEW, "weightsFrom", maps[0].tolist(), layer, 0 if head is None else head + 1, place
    )
    expected = look(model, image, layer, head, place)[1]
    torch.testing.assert_close(torch.tensor(given), expected, rtol=0, atol=1e-6)


@pytest.mark.parametrize("x", [-6.0, -2.0, -0.5, 0.0, 0.3, 1.0, 6.0])
def test_gelu_is_pytorchs(javascript, x):
    expected = x * (1 + math.erf(x / math.sqrt(2))) / 2
    assert javascript("vit.js", "gelu", x) == pytest.approx(expected, abs=1e-6)


def test_the_sentence_names_the_digit_the_class_and_the_patch(javascript):
    probabilities = [0.1, 0.0, 0.9] + [0.0] * 7
    weights = [0.1, 0.0, 0.0, 0.0, 0.0, 0.7] + [0.2 / 11] * 11
    said = javascript(VIEW, "whatIsSeen", 3, probabilities, weights, 0, 4)
    assert said == (
        "Written as 3, read as 2 with probability 0.90. "
        "[class] looks most at row 2, column 1: 0.70 of its attention."
    )
    said = javascript(VIEW, "whatIsSeen", 3, probabilities, weights, 5, 4)
    assert said.endswith(
        "The patch in row 2, column 1 looks most at itself: 0.70 of its attention."
    )


def test_some_of_the_prepared_digits_are_misread():
    pictures = load().test.take(torch.tensor(PICTURES))
    probabilities, _ = in_pytorch(load_network(), pictures.images)
    right = probabilities.argmax(1) == pictures.labels
    assert 0 < int((~right).sum()) < len(PICTURES) // 2
    assert sorted(pictures.labels.tolist()) == [digit for digit in range(10) for _ in range(2)]


@pytest.mark.parametrize(
    ("choice", "words"),
    [({"picture": 20}, "picture must lie between 0 and 19, got 20"),
     ({"layer": 3}, "layer must lie between 0 and 2, got 3"),
     ({"head": 4}, "head must lie between 0 and 3, got 4"),
     ({"place": 17}, "place must lie between 0 and 16, got 17")],
)  # fmt: skip
def test_what_is_not_there_is_refused(choice, words):
    with pytest.raises(ValueError, match=words):
        where_it_looks(**choice)
