"""What the tests of whole models share: random weights everywhere, and states layer by layer."""

import torch

EXACT = {"rtol": 1e-9, "atol": 1e-9}
SINGLE = {"rtol": 0, "atol": 1e-5}  # in float32, or where the other side computes in it


def randomized(model):
    """Every weight random, so that none can be swapped or left out unnoticed."""
    with torch.no_grad():
        for name, weight in model.named_parameters():
            weight.normal_(mean=float("norm" in name.lower()), std=0.3)
    return model.eval()


def saved(model, folder):
    """The folder in which transformers wrote config.json and model.safetensors."""
    model.save_pretrained(folder)
    return folder


def states_of(model, run):
    """What each of `model.layers` gives while `run()` runs."""
    states = []
    hooks = [
        layer.register_forward_hook(lambda *told: states.append(told[2])) for layer in model.layers
    ]
    run()
    for hook in hooks:
        hook.remove()
    return states


def assert_same_states(actual, expected, **tolerance):
    assert len(actual) == len(expected) > 0
    for ours, theirs in zip(actual, expected, strict=True):
        torch.testing.assert_close(ours, theirs, **tolerance)


def assert_same_maps(maps, expected, **tolerance):
    assert list(maps) == [f"layers.{layer}.self_attention" for layer in range(len(expected))]
    for ours, theirs in zip(maps.values(), expected, strict=True):
        torch.testing.assert_close(ours.weights, theirs, **tolerance)
