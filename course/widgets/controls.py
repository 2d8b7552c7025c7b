"""What several widgets ask of their arguments, and the menus they share."""

import ipywidgets


def check_range(name: str, given: float, lowest: float, highest: float) -> None:
    """Raises ValueError unless `given` lies between `lowest` and `highest`."""
    if not lowest <= given <= highest:
        raise ValueError(f"{name} must lie between {lowest} and {highest}, got {given}")


def layer_menu(layers: int, chosen: int, description: str = "layer") -> ipywidgets.Dropdown:
    """A menu of layers, counted from 1."""
    options = [f"layer {number}" for number in range(1, layers + 1)]
    return ipywidgets.Dropdown(options=options, index=chosen - 1, description=description)


def head_menu(heads: int, chosen: int) -> ipywidgets.Dropdown:
    """A menu of heads, counted from 1; the first line, 0, is the average of all."""
    options = ["average of all", *(f"head {number}" for number in range(1, heads + 1))]
    return ipywidgets.Dropdown(options=options, index=chosen, description="head")
