"""Live pictures of attention: they work in JupyterLab and, with no kernel, on the built page.

    from course import widgets
    widgets.softmax_and_scale()     # the last line of a cell
    lab = widgets.qkv_lab("sat")    # lab.view.key: where the reader has moved the keys to

A widget is four files. To add one called `name`:

1. `static/name.js`, the view: a plain ES module that ends in `export default { render }`.
   `render({ model, el })` builds its elements once, appends them to `el`, shows the state now and
   at every `watch(model, [traits], show)`, and fits on a screen: what it is made of are functions
   that give `{ element, show(state) }`. What it computes is exported as pure functions, so that a
   test can call them. Import helpers by `import { softmax } from "./math.js";` (at the start of a
   line; Python joins the files, each in a scope of its own). Text goes in as children or
   `textContent`, never as `innerHTML`. What the view changes itself it tells Python by
   `set(model, { trait: value })`, with a new array, not the old one altered. Everything movable is
   a native control, or has `tabindex`, a role, a label and its value; a button that would change
   nothing is disabled.

   | helper | has |
   |---|---|
   | `math.js` | scores, masks, softmax, weighted sum, `ofHead`, `argmax`, `mean` |
   | `dom.js`, `model.js` | `html`, `svg`, `update`, `digits`; `set`, `watch` |
   | `word_map.js`, `word_columns.js` | weights between words, as a map and as arcs |
   | `order.js`, `roving.js` | words to be moved; a grid of buttons for arrow keys |
   | `axes.js`, `plane.js`, `patches.js` | a chart's frame; vectors to drag; a picture in patches |
   | `layers.js`, `trained.js` | what networks are made of; a network once its weights are there |

2. `static/name.css`: classes that start with the widget's name, inside `.attn`. Colors are
   `var(--attn-query)`, `--attn-key`, `--attn-value`, `--attn-weight`, and `--attn-ink`,
   `--attn-muted`, `--attn-line`, `--attn-track`, `--attn-card` (`static/colors.css`, light and
   dark), which also has `.attn-hint`, `.attn-says` and `.attn-buttons`; words and their maps are
   in `words.css`: `style("words.css", "name.css")`. The root element is `class="attn name"`, a
   container: lay out by `@container (min-width: …)`, from 290 px upward. Transitions only inside
   `@media (prefers-reduced-motion: no-preference)`.
3. `_name.py`: a `View` with `_esm = module("name.js")`, `_css = style("name.css")` and a synced
   trait for every input (`keys` is taken by ipywidgets), and a function `name(…) -> Panel` that
   makes the controls, joins each to a trait by `ipywidgets.jslink((control, "value"), (view,
   "trait"))` (selections: `"index"`), and returns `Panel(controls, view, still=…,
   call="name(…)")`; controls in `more=[…]` are folded away. `call` is the stable repr that
   notebooks keep. `still` is an SVG of the first state, drawn by `still.py` from what attnlib
   computes: it stands where no script runs. Controls page.js can draw: IntSlider, FloatSlider,
   FloatLogSlider, SelectionSlider, Checkbox, Dropdown, ToggleButtons, Text, Label, HBox, VBox,
   Accordion; another one is a function in `static/page_controls.js`.
4. `tests/course/js/test_widgets_name.py`: its pure functions against attnlib at every control's
   minimum, default and maximum (`javascript("name.js", "function", …)`). That each control does
   something in the browser, `tests/browser/test_controls.py` sees for itself.

A model's weights are no trait, since the notebook would keep them: add the file to `ASSETS` in
`_assets.py` and write `trained({ model, el }, build, ready)` in the view. JupyterLab gets it from
Python, the built page from `_static/attention/name.js`, once a page and over file:// too.
"""

from course.widgets._alternatives import alternatives
from course.widgets._bert_heads import bert_heads
from course.widgets._heads_on_off import heads_on_off
from course.widgets._mask_builder import mask_builder
from course.widgets._next_word import next_word
from course.widgets._position_curves import position_curves
from course.widgets._positions import positions
from course.widgets._qkv_lab import qkv_lab
from course.widgets._sentence_length import Example, sentence_length
from course.widgets._soft_dictionary import soft_dictionary
from course.widgets._softmax_and_scale import softmax_and_scale
from course.widgets._transformer_block import transformer_block
from course.widgets._translator_attention import translator_attention
from course.widgets._two_sources import two_sources
from course.widgets._where_it_looks import where_it_looks
from course.widgets._zoo import zoo

__all__ = [
    "Example",
    "alternatives",
    "bert_heads",
    "heads_on_off",
    "next_word",
    "position_curves",
    "positions",
    "mask_builder",
    "qkv_lab",
    "sentence_length",
    "soft_dictionary",
    "softmax_and_scale",
    "transformer_block",
    "translator_attention",
    "where_it_looks",
    "two_sources",
    "zoo",
]
