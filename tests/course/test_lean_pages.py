"""What a finished page keeps of its widgets' saved state."""

import json
import re

import ipywidgets
import pytest
from ipywidgets.embed import embed_data

from course import widgets
from course.widgets.lean import STATE, STATE_TYPE, VIEW, lean, view_script
from course.widgets.panel import VIEW_TYPE


@pytest.fixture(autouse=True)
def no_other_widget():
    ipywidgets.Widget.close_all()


SOURCE = "const one = 1;\nexport default { one };\n"


def page_of(*panels):
    everything = ipywidgets.Widget.get_manager_state(drop_defaults=False)["state"]
    data = embed_data(views=panels, state=everything, drop_defaults=False)
    tags = "".join(
        f'<p>text</p><script type="{VIEW_TYPE}">{json.dumps(view)}</script>'
        for view in data["view_specs"]
    )
    state = json.dumps(data["manager_state"]).replace("</", "<\\/")
    return f'<head><script type="{STATE_TYPE}">{state}</script></head>{tags}'


def test_each_view_stands_behind_the_state_of_its_own_models():
    page, scripts = lean(page_of(widgets.softmax_and_scale(), widgets.qkv_lab()))
    kinds = re.findall(r'<script type="([^"]+)"', page)
    assert kinds == [STATE_TYPE, VIEW_TYPE] * 2
    for state, view in zip(STATE.findall(page), VIEW.findall(page), strict=True):
        models = json.loads(state)["state"]
        assert json.loads(view)["model_id"] in models
        assert sum("view" in model["state"] for model in models.values()) == 1
        assert {model["state"].get("view", "") + ".js" for model in models.values()} & set(scripts)
    assert len(scripts) == 2


def test_two_widgets_of_one_kind_share_a_script():
    page, scripts = lean(page_of(widgets.qkv_lab(), widgets.qkv_lab()))
    assert len(scripts) == 1
    assert "_esm" not in page
    assert "_view_module" not in page
    assert "</" not in "".join(STATE.findall(page))


def test_a_layout_that_a_link_moves_is_kept_and_others_are_not():
    panel = widgets.position_curves()
    page, _ = lean(page_of(panel))
    models = json.loads(STATE.findall(page)[0])["state"]
    moved = [model["state"]["target"] for model in models.values() if "target" in model["state"]]
    layouts = {name for name, model in models.items() if model["model_name"] == "LayoutModel"}
    hidden = {name for name in layouts if models[name]["state"]["display"] is not None}
    targets = {reference.removeprefix("IPY_MODEL_") for reference, _ in moved}
    assert layouts == hidden | (layouts & targets)


def test_a_view_whose_state_is_missing_is_named():
    page = f'<script type="{VIEW_TYPE}">{{"model_id": "abc"}}</script>'
    with pytest.raises(ValueError, match="no state for the widget abc"):
        lean(page)


def test_a_script_is_named_for_what_is_in_it():
    (first, script), (other, _) = view_script(SOURCE, "p {}"), view_script(SOURCE, "q {}")
    assert first != other
    assert view_script(SOURCE, "p {}")[0] == first
    assert f'attnViews ??= {{}})["{first}"]' in script
    assert "export" not in script


def test_a_view_without_a_default_export_is_refused():
    with pytest.raises(ValueError, match="exports one default, this one 0"):
        view_script("const one = 1;\n", "")
