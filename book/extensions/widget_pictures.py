"""Keeps a widget's picture beside the widget, for readers without scripts.

A cell output holds the widget under one MIME type and a still picture of it (SVG, PNG or HTML)
under another. MyST-NB writes only the first it knows. Here both are written, the picture first,
in one `<div class="attn-widget">`; the page's script takes the picture away once the live view
stands.
"""

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform

VIEW = "application/vnd.jupyter.widget-view+json"
PICTURES = ("image/svg+xml", "image/png", "text/html")


class KeepPicture(SphinxPostTransform):
    default_priority = 3  # just before MyST-NB chooses one MIME type (4)

    def run(self) -> None:
        if self.app.builder.format != "html":
            return
        for bundle in list(self.document.findall(nodes.container)):
            if bundle.get("nb_element") != "mime_bundle":
                continue
            shown = {child["mime_type"]: child for child in bundle.children}
            if VIEW in shown:
                bundle.replace_self(wrapped(shown))


def wrapped(shown: dict[str, nodes.container]) -> list[nodes.Node]:
    parts: list[nodes.Node] = [nodes.raw("", '<div class="attn-widget">', format="html")]
    picture = next((shown[kind] for kind in PICTURES if kind in shown), None)
    if picture is not None:
        parts.append(nodes.raw("", '<div class="attn-picture">', format="html"))
        parts.extend(picture.children)
        parts.append(nodes.raw("", "</div>", format="html"))
    parts.extend(shown[VIEW].children)
    parts.append(nodes.raw("", "</div>", format="html"))
    return parts


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_post_transform(KeepPicture)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
