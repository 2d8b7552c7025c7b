"""Rubbish in masked places: whatever stands there, outputs and gradients must not know."""

import typing
from typing import Any

import torch
from torch import Tensor, nn

from attnlib import Attended
from attnlib.masks import Dense, Mask, Padding
from public_cases.case import Argument, Case, arguments, call, size, valid
from public_cases.case import signature as signature_of
from public_cases.spoiling import tensors_in

HIDDEN = {True: 4, False: 1}  # the hidden key: the last one, where only padding can be hidden


def takes_mask(name: str, case: Case) -> bool:
    return "mask" in signature_of(name).parameters and "mask" not in case.given


def gives_weights(name: str) -> bool:
    return signature_of(name).return_annotation is Attended


def axes_of_mask(name: str) -> tuple[str, str]:
    """The letters of a mask's queries and keys; Tq and Tk where the signature gives none."""
    annotation = signature_of(name).parameters["mask"].annotation
    for choice in typing.get_args(annotation):
        if hasattr(choice, "dim_str"):
            query, key = choice.dim_str.split()[-2:]
            return query.lstrip("#"), key.lstrip("#")
    return "Tq", "Tk"


class Hidden:
    """One key and one query that a mask hides, in one case's arguments."""

    def __init__(self, name: str, case: Case) -> None:
        self.name, self.case, self.arguments = name, case, arguments(name, case)
        letters = {axis.lstrip("#") for argument in self.arguments for axis in argument.axes}
        query, key = axes_of_mask(name)
        # A sequence that looks at itself has one letter for both.
        alone = next((axis for axis in ("T", query) if axis in letters), "")
        self.query_letter = query if query in letters else alone if query == "Tq" else ""
        told = key in letters or "key_length" in case.given
        self.key_letter = key if told else alone
        self.only_padding = str(signature_of(name).parameters["mask"].annotation).count("Mask") == 0
        self.key = HIDDEN[self.only_padding]
        self.query = self.key if self.query_letter == self.key_letter else 0

    def mask(self) -> Mask:
        keys = size(self.key_letter, self.case)
        if self.only_padding:
            return Padding(torch.full((size("B", self.case),), keys - 1))
        queries = size(self.query_letter, self.case) if self.query_letter else 1
        allowed = torch.ones(queries, keys, dtype=torch.bool)
        allowed[:, self.key] = False
        if self.query_letter:
            allowed[self.query] = False
        return Dense(allowed)

    def places(self, argument: Argument) -> list[tuple[int, int]]:
        """Axis and index of what is hidden in an argument."""
        found = []
        if argument.name in self.case.unhidden:
            return []
        for place, axis in enumerate(argument.axes):
            if axis == self.key_letter:
                found.append((place, self.key))
            elif axis == self.query_letter and not self.only_padding:
                found.append((place, self.query))
        return found

    def inputs(self, rubbish: float) -> dict[str, Any]:
        """Valid arguments with the mask, and with rubbish where it hides."""
        inputs = valid(self.name, self.case, torch.float64)
        for argument in self.arguments:
            if argument.kind == "Float":
                for axis, index in self.places(argument):
                    inputs[argument.name].select(axis, index).fill_(rubbish)
        return inputs | {"mask": self.mask()}


def computed(name: str, case: Case, inputs: dict[str, Any]) -> tuple[Any, list[Tensor]]:
    """The result in float64, and the inputs and parameters that it may depend on."""
    torch.default_generator.manual_seed(0)
    function = call(name, case)
    module = getattr(function, "__self__", function)
    leaves = [value for value in inputs.values() if isinstance(value, Tensor)]
    leaves = [leaf.requires_grad_() for leaf in leaves if leaf.is_floating_point()]
    if isinstance(module, nn.Module):
        leaves += list(module.double().parameters())
    return function(**inputs), leaves


def results(name: str, case: Case, inputs: dict[str, Any]) -> tuple[list[Tensor], list[Tensor]]:
    """What comes out, and the gradients of some sum of it in all inputs and parameters."""
    result, leaves = computed(name, case, inputs)
    outputs = tensors_in(result)
    if not any(tensor.requires_grad for tensor in outputs):
        return outputs, []
    waves = [(tensor * torch.arange(tensor.numel()).view_as(tensor).cos()) for tensor in outputs]
    total = sum(wave.sum() for wave in waves)
    return outputs, list(torch.autograd.grad(total, leaves, materialize_grads=True))
