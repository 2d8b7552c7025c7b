"""The GPT in the page expects, cuts and cuts up what attnlib's does."""

import json
import subprocess

import pytest
import torch
from safetensors.torch import save_file

from attnlib import record_attention
from attnlib.inspect.head_scores import on_followers
from attnlib.models.generation.sampling import distribution
from attnlib.models.gpt import GPT
from course.data import plays
from course.widgets import next_word
from course.widgets._assets import STATIC
from course.widgets._next_word import BREAK, CHECKPOINT, PROMPTS, in_the_page
from tests.course.js.conftest import HERE, node, sent

VIEW = "next_word.js"


def read(file, shape, texts):
    """Logits and weights of the last token of each text, as the page computes them."""
    question = json.dumps({"shape": shape, "texts": texts})
    command = [node(), "--no-warnings", HERE / "read_text.mjs", STATIC, file, question]
    return json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def assert_same(model, tokens, page, atol):
    with record_attention(model) as maps, torch.no_grad():
        logits = model(torch.tensor([tokens]))[0, -1]
    weights = torch.stack([seen.weights[0, :, -1] for seen in maps.values()])
    torch.testing.assert_close(torch.tensor(page["logits"]).double(), logits, rtol=0, atol=atol)
    torch.testing.assert_close(torch.tensor(page["maps"]).double(), weights, rtol=0, atol=atol)


def test_the_page_computes_what_pytorch_computes(tmp_path):
    torch.manual_seed(0)
    model = GPT(11, size=12, heads=2, layers=2, rotary=True, dropout_p=0.0)
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.4)
    save_file({name: weight.half() for name, weight in model.state_dict().items()}, tmp_path / "m")
    model, tokens = model.half().double().eval(), [3, 1, 4, 1, 5, 9, 2, 6]
    (page,) = read(tmp_path / "m", {"heads": 2, "layers": 2}, [tokens])
    assert_same(model, tokens, page, atol=1e-6)


def test_the_page_reads_text_like_the_model_it_is_sent():
    writer, view = in_the_page(), next_word().view
    model = writer.model.double()
    prompts = [prompt.replace(BREAK, "\n") for prompt in PROMPTS]
    texts = [*prompts, plays.load().held_out[:300]]
    numbers = [writer.tokenizer.encode(text)[: writer.context] for text in texts]
    for tokens, page in zip(numbers, read(sent(CHECKPOINT), view.shape, numbers), strict=True):
        assert_same(model, tokens, page, atol=1e-4)


@pytest.mark.parametrize("temperature", [0.1, 1.0, 10**0.5])
@pytest.mark.parametrize("top_k", [1, 10, None])
@pytest.mark.parametrize("top_p", [0.05, 0.5, 1.0])
def test_what_is_expected_is_attnlibs_distribution(javascript, temperature, top_k, top_p):
    source = torch.Generator().manual_seed(0)
    logits = 2 * torch.randn(40, generator=source, dtype=torch.float64)
    choice = {"temperature": temperature, "topK": top_k, "topP": top_p}
    page = javascript("sampling.js", "expected", logits.tolist(), choice)
    ours = distribution(logits, temperature=temperature, top_k=top_k, top_p=top_p)
    torch.testing.assert_close(torch.tensor(page["after"]).double(), ours, rtol=0, atol=1e-6)
    warm = distribution(logits, temperature=temperature)
    torch.testing.assert_close(torch.tensor(page["before"]).double(), warm, rtol=0, atol=1e-6)
    assert page["order"] == logits.argsort(descending=True).tolist()


def test_the_page_cuts_text_into_the_same_pieces(javascript):
    writer, view = in_the_page(), next_word().view
    for text in [
        *(prompt.replace(BREAK, "\n") for prompt in PROMPTS),
        plays.load().held_out[:5000],
    ]:
        numbers = javascript(
            "byte_pair.js", "bytePairs", view.characters, view.merges, then=["encode", text]
        )
        assert numbers == writer.tokenizer.encode(text)


@pytest.mark.parametrize(("chance", "token"), [(0.0, 1), (0.29, 1), (0.31, 3), (0.999999, 3)])
def test_a_draw_falls_where_the_running_sum_passes_the_chance(javascript, chance, token):
    assert javascript("sampling.js", "drawn", [0.0, 0.3, 0.0, 0.7, 0.0], chance) == token


def test_the_sentence_says_what_the_picture_shows(javascript):
    chances = {"after": [0.25, 0.75, 0.0], "order": [1, 0, 2]}
    state = {"last": " the", "pieces": ["a", " cat", "\n"], "chances": chances,
             "weights": [0.1, 0.9], "names": ["sat", " the"]}  # fmt: skip
    sentence = javascript(VIEW, "describe", state)
    assert sentence.startswith("After “␣the”, 2 of 3 tokens may come; the likeliest is “␣cat” with")
    assert "as unsure as among 1.8 equally likely" in sentence
    assert sentence.endswith("The last token looks most at “␣the”, with 0.90.")


def test_a_token_that_comes_again_brings_a_sentence_on_induction(javascript):
    chances = {"after": [0.25, 0.75, 0.0], "order": [1, 0, 2]}
    state = {"last": " z", "pieces": ["a", " cat", "\n"], "chances": chances,
             "weights": [0.1, 0.9], "names": ["sat", " z"]}  # fmt: skip
    induction = {"shares": [[0.1, 0.31]], "chance": 0.04, "layer": 0, "head": 1}
    told = javascript(VIEW, "describe", state | {"induction": induction})
    assert told.endswith(
        "Most like an induction head: layer 0, head 1. On what followed “␣z” before (underlined) "
        "it has 0.31; by chance it would have 0.04."
    )
    told = javascript(VIEW, "describe", state | {"induction": induction | {"chance": 0.4}})
    assert "None of the heads has more than by chance, 0.40," in told
    assert "nduction" not in javascript(VIEW, "describe", state | {"induction": None})


def in_plain_python(row, tokens):
    last = len(tokens) - 1
    places = [i for i in range(1, last) if tokens[i - 1] == tokens[last]]
    return places, sum(row[i] for i in places)


@pytest.mark.parametrize(
    "tokens",
    [[5, 1, 2, 5], [5, 1, 5, 2, 3, 5], [5, 5, 5], [4, 5, 5, 1, 5], [1, 2, 3, 1, 9, 9, 1]],
)
def test_the_share_of_induction_is_attnlibs_score_of_the_last_query(javascript, tokens):
    source = torch.Generator().manual_seed(0)
    scores = torch.randn(2, 3, len(tokens), generator=source, dtype=torch.float64)
    maps = scores.softmax(dim=-1)
    page = javascript("next_heads.js", "inductionOf", maps.tolist(), tokens)
    ours = on_followers(maps[:, :, None], torch.tensor([tokens] * 2), len(tokens) - 1)[..., 0]
    shares = torch.tensor(page["shares"], dtype=torch.float64)
    torch.testing.assert_close(shares, ours, rtol=0, atol=1e-9)
    for each, rows in zip(page["shares"], maps.tolist(), strict=True):
        for share, row in zip(each, rows, strict=True):
            places, expected = in_plain_python(row, tokens)
            assert page["places"] == places
            assert share == pytest.approx(expected)
    assert page["chance"] == pytest.approx(len(page["places"]) / len(tokens))
    assert page["shares"][page["layer"]][page["head"]] == pytest.approx(ours.max().item())


@pytest.mark.parametrize("tokens", [[5], [1, 2, 3], [1, 5, 5]])
def test_where_no_token_follows_an_earlier_one_there_is_no_induction(javascript, tokens):
    weights = [[[1 / len(tokens)] * len(tokens)]]
    assert javascript("next_heads.js", "inductionOf", weights, tokens) is None


@pytest.mark.parametrize("length", [1, 128, 129, 192, 193, 400])
def test_a_text_longer_than_the_context_is_read_from_half_a_context_further_on(javascript, length):
    start = javascript(VIEW, "startOf", length, 128)
    assert start % 64 == 0
    assert length - start <= 128
    assert start == 0 or length - start > 64


def test_the_dice_show_the_same_at_a_place_however_it_was_reached(javascript):
    chances = [javascript(VIEW, "chanceAt", 3, place) for place in range(5)]
    assert len(set(chances)) == 5
    assert javascript(VIEW, "chanceAt", 3, 4) == chances[4]
    assert javascript(VIEW, "chanceAt", 4, 4) != chances[4]


@pytest.mark.parametrize(
    ("value", "taken"),
    [([], True), ([0, 1079, 0], True), ([0] * 400, True), ([0] * 401, False), ([1080], False),
     ([-1], False), ([0.5], False), (["0"], False), ({"0": 1}, False), (None, False), (7, False)],
)  # fmt: skip
def test_only_tokens_are_taken_from_an_address(javascript, value, taken):
    assert javascript(VIEW, "areTokens", value, 1080) is taken


def test_prompts_are_not_from_the_plays_but_in_their_characters():
    everything = "".join(plays.plays().values())
    writer = in_the_page()
    for prompt in PROMPTS:
        text = prompt.replace(BREAK, "\n")
        assert text not in everything
        assert writer.tokenizer.decode(writer.tokenizer.encode(text)) == text


@pytest.mark.parametrize(
    ("choice", "words"),
    [({"temperature": 0.0}, "temperature must lie between 0.1 and 3.2, got 0.0"),
     ({"top_k": 4}, "top_k must be one of .* got 4"),
     ({"top_p": 0.0}, "top_p must lie between 0.05 and 1, got 0.0"),
     ({"layer": 9}, "layer must lie between 0 and 3, got 9"),
     ({"head": 4}, "head must lie between 0 and 3, got 4")],
)  # fmt: skip
def test_a_value_no_control_reaches_is_refused(choice, words):
    with pytest.raises(ValueError, match=words):
        next_word(**choice)


def test_layers_and_heads_count_from_0_and_the_average_comes_first():
    chosen, average = next_word(layer=0, head=0), next_word()
    assert (chosen.view.layer, chosen.view.head, average.view.head) == (0, 1, 0)
    *_, layer, head = chosen.controls
    assert (layer.value, head.value) == ("layer 0", "head 0")


def test_the_prompt_of_induction_ends_where_its_last_piece_stood_before():
    tokenizer = in_the_page().tokenizer
    *before, last = tokenizer.encode(PROMPTS[-1].replace(BREAK, "\n"))
    assert [tokenizer.pieces[n] for n in before[before.index(last) :][:2]] == ["z", "ound"]


def test_the_state_is_small():
    view = next_word().view
    assert len(json.dumps([view.merges, view.prompts, view.characters])) < 25_000
