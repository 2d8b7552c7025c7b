"""The pictures in other programs that may be dark: letters stand out from what lies behind them."""

import pytest
from test_wcag import contrast
from test_widgets import opened, page

from course import widgets
from course.widgets.page import write_page

# Each marks its page in its own way; VS Code has laid white under widgets, and may cease to.
HOSTS = {
    "JupyterLab": ("body", "data-jp-theme-light", "false", "#111111"),
    "Colab": ("html", "theme", "dark", "#1f1f1f"),
    "VS Code": ("body", "data-vscode-theme-kind", "vscode-dark", "#1e1e1e"),
    "VS Code, white below": ("body", "data-vscode-theme-kind", "vscode-dark", "#ffffff"),
}
MOVE = """([element, mark, value, color]) => {
  document.documentElement.removeAttribute("data-theme");
  document.querySelector(element).setAttribute(mark, value);
  document.body.style.background = color;
  document.querySelector(".attn-widget").style.background = "none"; // the book's own card
}"""
# Of each text of the picture: its color, and the nearest background behind it.
SHADES = """() => {
  const hex = (rgb) => "#" + rgb.match(/\\d+/g).map(n => (+n).toString(16).padStart(2, 0)).join("");
  return [...document.querySelectorAll(".attn :is(p, th, td, text)")].map(one => {
    const { color, fill } = getComputedStyle(one);
    let behind = one;
    const back = () => getComputedStyle(behind).backgroundColor;
    while (back() === "rgba(0, 0, 0, 0)") behind = behind.parentElement;
    return [one.namespaceURI.endsWith("svg") ? fill : color, back()].map(hex);
  });
}"""


@pytest.mark.parametrize("host", HOSTS)
def test_letters_stand_out(watched, tmp_path, host):
    write_page(tmp_path)
    html = page([widgets.softmax_and_scale()])
    (tmp_path / "index.html").write_text(html, encoding="utf-8")
    shown = opened(watched, f"file://{tmp_path}/index.html")
    shown.evaluate(MOVE, HOSTS[host])
    shades = shown.evaluate(SHADES)
    assert len(shades) > 20
    assert [pair for pair in shades if contrast(*pair) < 4.5] == []
