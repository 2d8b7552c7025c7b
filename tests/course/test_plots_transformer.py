"""The diagram of the whole model holds what the model holds, and every name fits its box."""

from matplotlib.patches import FancyBboxPatch

from course import plots


def test_each_sublayer_of_encoder_and_decoder_is_drawn_with_its_norm():
    words = [text.get_text() for text in plots.transformer().axes[0].texts]
    for sublayer in ("self-attention", "causal self-attention", "cross-attention"):
        assert words.count(sublayer) == 1
    assert words.count("feed forward") == 2
    assert words.count("add, then norm") == 5
    assert words.count("× N") == 2


def test_every_name_fits_its_box():
    plots.use_style()
    figure = plots.transformer()
    figure.canvas.draw()
    axes = figure.axes[0]
    boxes = [patch.get_window_extent() for patch in axes.patches
             if isinstance(patch, FancyBboxPatch) and patch.get_fill()]  # fmt: skip
    names = [text.get_window_extent() for text in axes.texts if text.get_va() == "center_baseline"]
    assert len(boxes) == len(names)
    for box, name in zip(boxes, names, strict=True):
        assert box.x0 < name.x0 and name.x1 < box.x1
