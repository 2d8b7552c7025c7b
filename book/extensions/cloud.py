"""Buttons that open a chapter on Colab or Binder, where the repository's address is known.

    REPOSITORY=https://HOST/OWNER/NAME make html            its main branch
    REPOSITORY=https://HOST/OWNER/NAME/tree/v1.0 make html  a branch or a tag

The setting `course_repository` in `_config.yml` does the same. Without an address there is no
button and no link. With one, the theme puts a menu above each chapter, and the lines that a
notebook in a cloud needs name the address, so that they can be copied as they stand.
"""

import os
import re
from typing import Any

from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.errors import ExtensionError

ADDRESS = re.compile(
    r"(?P<clone>https://(?P<host>[\w.-]+)/[\w.-]+/[\w.-]+?)(?:\.git)?/?(?:/tree/(?P<revision>[\w./-]+))?"
)
BINDER = {"notebook_interface": "jupyterlab", "binderhub_url": "https://mybinder.org"}
# What opens a repository of these hosts; elsewhere the lines to copy must do.
LAUNCHED = {
    "github.com": BINDER | {"colab_url": "https://colab.research.google.com"},
    "gitlab.com": BINDER,
}
RECIPE = "book/how_to_use"
REPLACED = "Replace `REPOSITORY` with the address of this book's repository. "


def parts(address: str) -> tuple[str, str, str | None]:
    """What git clones, the host, and the branch or tag where one is named."""
    found = ADDRESS.fullmatch(address)
    if found is None:
        raise ExtensionError(
            "the repository's address must be https://HOST/OWNER/NAME, if need be with /tree/BRANCH"
            f" behind it, but is {address!r}"
        )
    return found["clone"], found["host"], found["revision"]


def know(app: Sphinx, config: Config) -> None:
    """Tell the theme what it needs for its buttons."""
    config.course_repository = os.environ.get("REPOSITORY") or config.course_repository
    if not config.course_repository:
        return
    clone, host, revision = parts(config.course_repository)
    if host in LAUNCHED:
        config.html_theme_options = config.html_theme_options | {
            "repository_url": clone,
            "repository_branch": revision or "main",
            "launch_buttons": LAUNCHED[host],
        }


def name_it(app: Sphinx, page: str, source: list[str]) -> None:
    """The lines to copy, with the address in them."""
    if page != RECIPE or not app.config.course_repository:
        return
    clone, _, revision = parts(app.config.course_repository)
    wanted = f"--branch {revision} {clone}" if revision else clone
    source[0] = source[0].replace("git clone REPOSITORY", f"git clone {wanted}")
    source[0] = source[0].replace(REPLACED, "")


def point_to_lines(
    app: Sphinx, page: str, template: str, context: dict[str, Any], tree: object
) -> None:
    """Colab opens the bare notebook: beside its button stands where the first cell is found."""
    for group in context.get("header_buttons", []):
        launched = [one["text"] for one in group.get("buttons", [])]
        if "Colab" in launched:
            group["buttons"].append(
                {
                    "type": "link",
                    "text": "First cell for Colab",
                    "tooltip": "What Colab needs before the chapter's own cells",
                    "icon": "fas fa-circle-info",
                    "url": f"{context['pathto'](RECIPE)}#in-the-cloud",
                }
            )


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_config_value("course_repository", "", "env")
    app.connect("config-inited", know)
    app.connect("source-read", name_it)
    app.connect("html-page-context", point_to_lines, priority=502)  # the theme's stand at 501
    return {"parallel_read_safe": True, "parallel_write_safe": True}
