"""Next word: a trained GPT in the page, what it expects next, and how one token is drawn."""

from typing import Any

import ipywidgets
import traitlets

from attnlib.models.generation.sampling import distribution
from course import checkpoints
from course.language.writer import Writer, load
from course.widgets._assets import module, style
from course.widgets.controls import check_head, check_range, head_line, head_menu, layer_menu
from course.widgets.panel import Panel, View
from course.widgets.still import COLORS, bar, picture, text

CHECKPOINT = "gpt_pieces"
BREAK = "↵"  # stands for the end of a line in a field of one line
PROMPTS = (  # none of them in the plays
    "ROMEO↵The cat sat on the",
    "KING RICHARD III↵My horse! my",
    "JULIET↵O, what is in a word? A word is",
    "HAMLET↵To sleep, or not to",
    "Enter the Cat, reading↵↵",
    "ROSALIND↵Zounds zounds z",
)
TOP_K = (1, 2, 3, 5, 10, 20, 50, 100, None)
SHOWN = 12  # bars


class NextWordView(View):
    """The text, shaded by where its last token looks; bars of what may come; buttons to write."""

    _esm = module("next_word.js")
    _css = style("next_word.css")
    weights = traitlets.Unicode().tag(sync=True)
    shape: "traitlets.Dict[str, Any]" = traitlets.Dict().tag(sync=True)
    characters = traitlets.Unicode().tag(sync=True)
    merges: traitlets.List[Any] = traitlets.List().tag(sync=True)
    prompts: traitlets.List[str] = traitlets.List().tag(sync=True)
    choice = traitlets.Int().tag(sync=True)
    prompt = traitlets.Unicode().tag(sync=True)
    added: traitlets.List[int] = traitlets.List().tag(sync=True)  # tokens behind the prompt
    temperature = traitlets.Float().tag(sync=True)
    top_k = traitlets.Int().tag(sync=True)
    kept: traitlets.List[Any] = traitlets.List().tag(sync=True)
    top_p = traitlets.Float().tag(sync=True)
    layer = traitlets.Int().tag(sync=True)
    head = traitlets.Int().tag(sync=True)
    seed = traitlets.Int().tag(sync=True)


def in_the_page() -> Writer:
    """The trained GPT with weights in 8 bits, as a page loads them."""
    writer = load(CHECKPOINT)
    checkpoints.round_to_8_bits(writer.model)
    return writer


def next_word(
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float = 1.0,
    layer: int = 2,
    head: int | None = None,
    prompt: int = 0,
) -> Panel:
    """The GPT of pieces at work: choose or type a text, and see what may come next.

    `prompt` is the place of the first text in PROMPTS; `layer` and `head` count from 0, and without
    a head it is the average of all. Raises ValueError for what no control reaches: a temperature
    outside 0.1 … 3.2, a top_p outside 0.05 … 1, another top_k or prompt.
    """
    writer = in_the_page()
    sizes = checkpoints.details(CHECKPOINT)["sizes"]
    layers, heads = sizes["layers"], sizes["heads"]
    check_range("temperature", temperature, 0.1, 3.2)
    if top_k not in TOP_K:
        raise ValueError(f"top_k must be one of {TOP_K}, got {top_k}")
    check_range("top_p", top_p, 0.05, 1)
    check_range("layer", layer, 0, layers - 1)
    check_head(head, heads)
    check_range("prompt", prompt, 0, len(PROMPTS) - 1)
    number = writer.tokenizer.number
    view = NextWordView(
        weights=CHECKPOINT,
        shape={"heads": heads, "layers": layers, "context": writer.context},
        characters=writer.tokenizer.characters,
        merges=[[number[left], number[right]] for left, right in writer.tokenizer.merges],
        prompts=list(PROMPTS),
        choice=prompt,
        prompt=PROMPTS[prompt],
        temperature=temperature,
        top_k=TOP_K.index(top_k),
        kept=list(TOP_K),
        top_p=top_p,
        layer=layer,
        head=head_line(head),
        seed=1,
    )
    return Panel(
        controls(view, layers, heads, head),
        view,
        still=still(writer, PROMPTS[prompt], temperature, top_k, top_p),
        call=f"next_word({temperature=}, {top_k=}, {top_p=}, {layer=}, {head=}, {prompt=})",
    )


def controls(
    view: NextWordView, layers: int, heads: int, chosen: int | None
) -> list[ipywidgets.Widget]:
    """The controls of a view, each linked with its trait."""
    choice = ipywidgets.Dropdown(options=view.prompts, index=view.choice, description="text")
    prompt = ipywidgets.Text(
        value=view.prompt, description=f"or your own, read as you type ({BREAK} ends a line)"
    )
    temperature = ipywidgets.FloatLogSlider(
        value=view.temperature,
        min=-1,
        max=0.5,
        step=0.05,
        description="temperature",
        readout_format=".2f",
    )
    top_k = ipywidgets.SelectionSlider(
        options=["all" if k is None else str(k) for k in TOP_K],
        index=view.top_k,
        description="top-k",
    )
    top_p = ipywidgets.FloatSlider(
        value=view.top_p, min=0.05, max=1, step=0.05, description="top-p", readout_format=".2f"
    )
    layer = layer_menu(layers, view.layer, "where it looks")
    head = head_menu(heads, chosen)
    seed = ipywidgets.IntSlider(value=view.seed, min=1, max=20, description="dice")
    for control, part, trait in (
        (choice, "index", "choice"),
        (prompt, "value", "prompt"),
        (temperature, "value", "temperature"),
        (top_k, "index", "top_k"),
        (top_p, "value", "top_p"),
        (layer, "index", "layer"),
        (head, "index", "head"),
        (seed, "value", "seed"),
    ):
        ipywidgets.jslink((control, part), (view, trait))
    return [choice, prompt, temperature, top_k, top_p, seed, layer, head]


def shown(piece: str) -> str:
    """A piece with its spaces and line ends made visible."""
    return piece.replace(" ", "␣").replace("\n", BREAK)


def still(writer: Writer, prompt: str, temperature: float, top_k: int | None, top_p: float) -> str:
    """The likeliest tokens as they stand before anything is moved."""
    logits = writer.next(prompt.replace(BREAK, "\n"))
    chances = distribution(logits, temperature=temperature, top_k=top_k, top_p=top_p)
    best = chances.topk(SHOWN)
    title = f"What the model expects after “{prompt.strip(BREAK).split(BREAK)[-1]}”"
    parts = [text(180, 16, title, anchor="middle")]
    for row, (chance, number) in enumerate(zip(best.values, best.indices, strict=True)):
        y = 30 + 24 * row
        parts += [
            text(96, y + 15, shown(writer.tokenizer.pieces[number]), anchor="end"),
            bar(106, y + 3, 190 * float(chance / best.values[0]), 16, COLORS["muted"]),
            text(354, y + 15, f"{chance:.3f}", anchor="end"),
        ]
    return picture(title, 360, 30 + 24 * SHOWN + 8, parts)
