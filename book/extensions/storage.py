"""Lets the theme's scripts run where a reader's browser refuses to store anything.

With cookies blocked even looking at `localStorage` throws, and the theme looks on every page before
anything else: its switch is dead then, and the search finds nothing. The first script of a page
gives such a browser a storage that forgets when the page is left.
"""

from pathlib import Path

from sphinx.application import Sphinx

FIRST = """<head>
    <script>
      for (const name of ["localStorage", "sessionStorage"]) {
        try {
          window[name].length;
        } catch {
          const kept = new Map();
          const storage = {
            getItem: (key) => kept.get(key) ?? null,
            setItem: (key, value) => void kept.set(key, String(value)),
            removeItem: (key) => void kept.delete(key),
          };
          Object.defineProperty(window, name, { value: storage });
        }
      }
    </script>"""


def put_first(app: Sphinx, error: Exception | None) -> None:
    for path in Path(app.outdir).rglob("*.html"):
        text = path.read_text(encoding="utf-8")
        if "<head>" in text and FIRST not in text:
            path.write_text(text.replace("<head>", FIRST, 1), encoding="utf-8")


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("build-finished", put_first)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
