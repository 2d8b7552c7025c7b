"""What several widgets ask of their arguments, and the menus they share."""

import ipywidgets


def check_range(name: str, given: float, lowest: float, highest: float) -> None:
    """Raises ValueError unless `given` lies between `lowest` and `highest`."""
    if not lowest <= given <= highest:
        raise ValueError(f"{name} must lie between {lowest} and {highest}, got {given}")


def layer_menu(layers: int, chosen: int, description: str = "layer") -> ipywidgets.Dropdown:
    """A menu of layers, counted from 0 as in code."""
    options = [f"layer {number}" for number in range(layers)]
    return ipywidgets.Dropdown(options=options, index=chosen, description=description)


def head_menu(heads: int, chosen: int | None) -> ipywidgets.Dropdown:
    """A menu of heads, counted from 0; None chooses its first line, the average of all."""
    options = ["average of all", *(f"head {number}" for number in range(heads))]
    return ipywidgets.Dropdown(options=options, index=head_line(chosen), description="head")


def head_line(head: int | None) -> int:
    """The line of a head in its menu, which is what a view keeps."""
    return 0 if head is None else head + 1


def check_head(head: int | None, heads: int) -> None:
    """Raises ValueError unless `head` is None, for the average of all, or one of the heads."""
    if head is not None:
        check_range("head", head, 0, heads - 1)
