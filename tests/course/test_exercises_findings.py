"""Answers that a check once judged wrongly, or without naming what is wrong, judged as they should.

A right answer must be accepted, a wrong one refused with words that name its mistake.
"""

import math

import pytest
import torch
from exercise_list import EXERCISES

from course.exercises.chapter_05 import may_attend, prefix_mask
from course.exercises.chapter_06 import cross_attention


def softmax_of(shifted):
    return shifted.exp() / shifted.exp().sum(dim=-1, keepdim=True)


def look_scaling_in_place(query, key, value):
    query /= query.shape[-1] ** 0.5
    return (query @ key.T).softmax(-1) @ value


def lookup_scaling_in_place(query, keys, values, width):
    query.div_(width * 2**0.5)
    keys.div_(width * 2**0.5)
    return (-((query[:, None] - keys) ** 2)).softmax(-1) @ values


def softmax_in_place(scores):
    scores -= scores.amax(-1, keepdim=True)
    return softmax_of(scores)


def cross_scaling_in_place(x, context, Wq, Wk, Wv):
    Wq.div_(Wq.shape[1] ** 0.5)
    return (x @ Wq @ (context @ Wk).T).softmax(-1) @ (context @ Wv)


def masks_in_place(attn_mask, key_padding_mask):
    return attn_mask.logical_not_() & ~key_padding_mask[:, None, None]


def labels_in_place(tokens, asked):
    tokens[~asked] = -100
    return tokens


def popped(words):
    predict = words[1:]
    words.pop()
    return words, predict


def without_return(query, key, value):
    weights = (query @ key.T / query.shape[-1] ** 0.5).softmax(-1)
    weights @ value


def norm_with(root):
    def layer_norm(x, gain, shift):
        variance = x.var(-1, unbiased=False, keepdim=True)
        return gain * (x - x.mean(-1, keepdim=True)) / root(variance) + shift

    return layer_norm


def kept_while(stays):
    def nucleus(probabilities, p):
        ordered, order = probabilities.sort(descending=True)
        kept = torch.zeros_like(probabilities)
        kept[order] = ordered * stays(ordered, ordered.cumsum(0), p)
        return kept / kept.sum()

    return nucleus


def of_angles(angle):
    return torch.stack((angle.sin(), angle.cos()), dim=-1).flatten(1)


def turned(x, places, exponent, join=lambda a, b: torch.stack((a, b), dim=-1).flatten(1)):
    angle = places[:, None] * 10_000**exponent
    a, b = x[:, ::2], x[:, 1::2]
    return join(a * angle.cos() - b * angle.sin(), a * angle.sin() + b * angle.cos())


def sloped(slopes, length, power=1):
    place = torch.arange(length)
    return -slopes[:, None, None] * (place[:, None] - place).abs() ** power


def alike(layer, x, order, view):
    return torch.allclose(view(layer(x[order])), view(layer(x)[order]))


WRONG = {
    "chapter_01.SOFT_LOOKUP": [
        ("`query` and `keys` was changed", lookup_scaling_in_place),
        ("the 2 is missing", lambda q, k, v, w: (-((q[:, None] - k) ** 2) / w**2).softmax(1) @ v),
        (
            "put brackets around",
            lambda q, k, v, w: (-((q[:, None] - k) ** 2) / 2 * w**2).softmax(1) @ v,
        ),
        ("the width is not used", lambda q, k, v, w: (-((q[:, None] - k) ** 2) / 2).softmax(1) @ v),
        (
            "one sum for the whole matrix",
            lambda q, k, v, w: (
                (-((q[:, None] - k) ** 2) / (2 * w**2)).flatten().softmax(0).view(len(q), -1) @ v
            ),
        ),
    ],
    "chapter_01.WEIGHTED_SUM": [("these are the three parts", torch.tensor([1.0, 28.0, 4.0]))],
    "chapter_01.WHERE_IT_LOOKS": [
        ("one too large", lambda weights: weights.argmax(1) + 1),
        ("the shape is (5,), yours is (5, 1)", lambda weights: weights.argmax(1, keepdim=True)),
    ],
    "chapter_02.ADDITIVE_SCORES": [
        ("two tanh", lambda q, k, W, U, v: (torch.tanh(W @ q) + torch.tanh(k @ U.T)) @ v),
        ("a sigmoid", lambda q, k, W, U, v: torch.sigmoid(W @ q + k @ U.T) @ v),
        ("the query has no part", lambda q, k, W, U, v: torch.tanh(k @ U.T) @ v),
        ("v weighs them", lambda q, k, W, U, v: torch.tanh(W @ q + k @ U.T).sum(1)),
        ("subtracted", lambda q, k, W, U, v: torch.tanh(W @ q - k @ U.T) @ v),
    ],
    "chapter_02.ALIGNMENT_ERROR_RATE": [
        ("should be", lambda chosen, gold: 0.6),
        ("the text '0.6'", lambda chosen, gold: "0.6"),
    ],
    "chapter_03.WEIGHTS_BY_HAND": [
        ("√3", [0.670, 0.211, 0.119]),
        ("multiplied by √2", [0.932, 0.055, 0.013]),
    ],
    "chapter_03.LOOK": [
        ("`query` was changed", look_scaling_in_place),
        ("does it end with `return`", without_return),
        ("√Tk", lambda q, k, v: (q @ k.T / len(k) ** 0.5).softmax(-1) @ v),
        ("√2 always", lambda q, k, v: (q @ k.T / 2**0.5).softmax(-1) @ v),
        ("multiplied by √D", lambda q, k, v: (q @ k.T * q.shape[1] ** 0.5).softmax(-1) @ v),
        ("Divide the scores", lambda q, k, v: (q @ k.T).softmax(-1) / q.shape[1] ** 0.5 @ v),
        ("divided by their sum", lambda q, k, v: (q @ k.T / q.shape[1] ** 0.5).exp() @ v),
        (
            "over the whole matrix",
            lambda q, k, v: (q @ k.T / q.shape[1] ** 0.5).flatten().softmax(0).view(len(q), -1) @ v,
        ),
        ("best key alone", lambda q, k, v: v[(q @ k.T).argmax(-1)]),
    ],
    "chapter_03.AIM": [
        ("halfway", [-5, -5]),
        ("ordinary numbers", [math.nan, 0.0]),
        ("only 0.8997", [-4.12, 0]),
    ],
    "chapter_04.COLD_WEIGHTS": [
        ("divide them by their new sum", [1 / 64, 4 / 64, 25 / 64]),
        ("you halved the weights", [1 / 16, 2 / 16, 5 / 16]),
        ("is 1, not 0", [0, 4 / 29, 25 / 29]),
    ],
    "chapter_04.STABLE_SOFTMAX": [
        ("the row's mean", lambda s: softmax_of(s - s.mean(-1, keepdim=True))),
        ("the row's smallest", lambda s: softmax_of(s - s.amin(-1, keepdim=True))),
        ("first score", lambda s: softmax_of(s - s[..., :1])),
        ("without its sign", lambda s: softmax_of(s - s.abs().amax(-1, keepdim=True))),
        ("the last is dim=-1", lambda s: s.double().softmax(1)),
        ("the shape is", lambda s: torch.stack([softmax_of(s[0]), softmax_of(s[-1])])),
        ("`scores` was changed", softmax_in_place),
    ],
    "chapter_04.JACOBIAN": [
        (
            "the shape is (5, 5)",
            lambda w: torch.tensor(
                [[0.25, -0.15, -0.1], [-0.15, 0.21, -0.06], [-0.1, -0.06, 0.16]]
            )[: len(w), : len(w)],
        ),
        ("the products alone", lambda w: w[:, None] * w),
        ("on the diagonal alone", lambda w: w.diag()),
        ("the products are added", lambda w: w.diag() + w[:, None] * w),
        (
            "the softmax's result already",
            lambda w: torch.autograd.functional.jacobian(lambda s: s.softmax(0), w),
        ),
    ],
    "chapter_05.MAY_ATTEND": [
        (
            "whatever attn_mask says",
            lambda a, p: torch.ones_like(a).tril().bool() & ~p[:, None, None],
        ),
        ("booleans should come back", lambda a, p: may_attend(a, p).float()),
        ("booleans should come back", lambda a, p: may_attend(a, p).int()),
        (
            "booleans should come back",
            lambda a, p: torch.zeros(len(p), 1, *a.shape).masked_fill(~may_attend(a, p), -math.inf),
        ),
        ("`attn_mask` was changed", masks_in_place),
        ("the padding is not inverted", lambda a, p: ~a & p[:, None, None]),
        ("only the first mask is inverted", lambda a, p: ~a | p[:, None, None]),
        ("one, but not both", lambda a, p: ~(a ^ p[:, None, None])),
        ("exchanged", lambda a, p: ~(a.T | p[:, None, None])),
    ],
    "chapter_05.PREFIX_MASK": [
        ("3 is written into it", lambda length, prefix: prefix_mask(length, 3)),
        ("should be", lambda length, prefix: prefix_mask(6, 3)[:length, :length]),
        ("should be", lambda length, prefix: prefix_mask(length, prefix or 3)),
        (
            "does not see itself",
            lambda n, p: torch.ones(n, n).tril(-1).bool() | (torch.arange(n) < p),
        ),
        ("look ahead", lambda n, p: torch.ones(n, n).triu().bool() | (torch.arange(n) < p)),
        ("may NOT look", lambda n, p: ~prefix_mask(n, p)),
        ("the prefix alone", lambda n, p: (torch.arange(n) < p).expand(n, n)),
    ],
    "chapter_06.SCORES": [("four heads", 192)],
    "chapter_06.CROSS_ATTENTION": [
        (
            "√E",
            lambda x, c, q, k, v: (x @ q @ (c @ k).T / x.shape[-1] ** 0.5).softmax(-1) @ (c @ v),
        ),
        ("should be", lambda x, c, q, k, v: (x @ q @ (c @ k).T / 3**0.5).softmax(-1) @ (c @ v)),
        ("its root, √D", lambda x, c, q, k, v: cross_attention(x, c, q / q.shape[1] ** 0.5, k, v)),
        (
            "softmax over the wrong axis",
            lambda x, c, q, k, v: (x @ q @ (c @ k).T / q.shape[1] ** 0.5).softmax(0) @ (c @ v),
        ),
        ("Wq and Wk are exchanged", lambda x, c, q, k, v: cross_attention(x, c, k, q, v)),
        ("Wk and Wv are exchanged", lambda x, c, q, k, v: cross_attention(x, c, q, v, k)),
        (
            "the keys come from x",
            lambda x, c, q, k, v: (x @ q @ (x @ k).T / q.shape[1] ** 0.5).softmax(-1) @ (c @ v),
        ),
        (
            "the values are not projected",
            lambda x, c, q, k, v: (x @ q @ (c @ k).T / q.shape[1] ** 0.5).softmax(-1) @ c,
        ),
        (
            "these are the weights",
            lambda x, c, q, k, v: (x @ q @ (c @ k).T / q.shape[1] ** 0.5).softmax(-1),
        ),
        ("`Wq` was changed", cross_scaling_in_place),
    ],
    "chapter_06.FOLLOWS_THE_ORDER": [
        ("says yes", lambda f, x, o: alike(f, x, o, lambda out: out.sum(0))),
        ("says yes", lambda f, x, o: alike(f, x, o, lambda out: out.mean())),
        ("says yes", lambda f, x, o: alike(f, x, o, lambda out: out.sort(0).values)),
        ("doubles the last row", lambda f, x, o: alike(f, x, o, lambda out: out[0])),
        ("`order`", lambda f, x, o: torch.allclose(f(x.flip(0)), f(x).flip(0))),
    ],
    "chapter_07.BYTES": [("in KiB", 24)],
    "chapter_07.SPLIT": [("got a tuple of 4", lambda x, heads: x.chunk(heads, -1))],
    "chapter_07.SHARE": [
        ("you divided by G", lambda key, heads: key[:, torch.arange(heads) // key.shape[1]]),
        ("repeated G times", lambda key, heads: key.repeat_interleave(key.shape[1], dim=1)),
    ],
    "chapter_08.WAVES": [
        (
            "the 2 is counted twice",
            lambda n, e: of_angles(
                torch.arange(n)[:, None] / 10_000 ** (2 * torch.arange(0, e, 2) / e)
            ),
        ),
        (
            "multiplied by",
            lambda n, e: of_angles(
                torch.arange(n)[:, None] * 10_000 ** (torch.arange(0, e, 2) / e)
            ),
        ),
        (
            "yours is 1000",
            lambda n, e: of_angles(torch.arange(n)[:, None] / 1_000 ** (torch.arange(0, e, 2) / e)),
        ),
        (
            "an exponent of its own",
            lambda n, e: torch.where(
                torch.arange(e) % 2 == 0,
                (torch.arange(n)[:, None] / 10_000 ** (torch.arange(e) / e)).sin(),
                (torch.arange(n)[:, None] / 10_000 ** (torch.arange(e) / e)).cos(),
            ),
        ),
        (
            "row 1, pair 1 (sine) should be 0.0998, yours 0.0316",
            lambda n, e: of_angles(torch.arange(n)[:, None] / 1e6 ** (torch.arange(0, e, 2) / e)),
        ),
    ],
    "chapter_08.LINES": [
        ("2^(−(h + 1)), whatever H is", lambda h, n: sloped(2.0 ** -torch.arange(1, h + 1), n)),
        ("2^(−8/(h + 1))", lambda h, n: sloped(2.0 ** (-8 / torch.arange(1, h + 1)), n)),
        ("minus sign", lambda h, n: sloped(2.0 ** (8 * torch.arange(1, h + 1) / h), n)),
        ("in reverse", lambda h, n: sloped(2.0 ** (-8 * torch.arange(h, 0, -1) / h), n)),
        ("squared", lambda h, n: sloped(2.0 ** (-8 * torch.arange(1, h + 1) / h), n, power=2)),
    ],
    "chapter_08.TURN": [
        (
            "not torch.cat",
            lambda x, p: turned(
                x,
                p,
                -torch.arange(0, x.shape[1], 2) / x.shape[1],
                lambda a, b: torch.cat((a, b), 1),
            ),
        ),
        ("yours is −n/D", lambda x, p: turned(x, p, -torch.arange(x.shape[1] // 2) / x.shape[1])),
        ("no minus sign", lambda x, p: turned(x, p, torch.arange(0, x.shape[1], 2) / x.shape[1])),
        (
            "yours is −4n/D",
            lambda x, p: turned(x, p, -2 * torch.arange(0, x.shape[1], 2) / x.shape[1]),
        ),
        (
            "`places` is not used",
            lambda x, p: turned(
                x, torch.arange(len(x)), -torch.arange(0, x.shape[1], 2) / x.shape[1]
            ),
        ),
    ],
    "chapter_09.LAYER_NORM": [
        ("there is no ε", norm_with(lambda variance: variance.sqrt())),
        ("ε stands outside the root", norm_with(lambda variance: variance.sqrt() + 1e-5)),
        ("yours is 1e-6", norm_with(lambda variance: (variance + 1e-6).sqrt())),
        (
            "the gain is missing",
            lambda x, g, s: torch.nn.functional.layer_norm(x, g.shape, None, s),
        ),
        (
            "the shift is missing",
            lambda x, g, s: torch.nn.functional.layer_norm(x, g.shape, g, None),
        ),
    ],
    "chapter_09.READ_AND_PREDICT": [("`words` was changed", popped)],
    "chapter_10.NUCLEUS": [
        ("one token too many", kept_while(lambda ordered, held, p: held - ordered <= p)),
        (
            "one token too many",
            kept_while(lambda o, held, p: torch.arange(len(o)) < (held <= p).sum() + 1),
        ),
    ],
    "chapter_10.INDUCTION": [
        (
            "leave it out",
            lambda w, n: w[torch.arange(n, 2 * n), torch.arange(n, 2 * n) - n + 1].mean(),
        ),
        ("two queries too many", lambda w, n: w.diagonal(1 - n).mean()),
        ("divided by length", lambda w, n: w.diagonal(1 - n)[1:-1].sum() / n),
        ("check(score_of)", 0.5),
    ],
    "chapter_10.SURPRISE": [
        (
            "divided by B · T",
            lambda x, t: (
                torch.nn.functional.cross_entropy(x[:, :-1].mT, t[:, 1:], reduction="sum")
                / t.numel()
            ),
        ),
        (
            "the minus is missing",
            lambda x, t: -torch.nn.functional.cross_entropy(x[:, :-1].mT, t[:, 1:]),
        ),
        (
            "in bits",
            lambda x, t: torch.nn.functional.cross_entropy(x[:, :-1].mT, t[:, 1:]) / math.log(2),
        ),
        (
            "the perplexity",
            lambda x, t: torch.nn.functional.cross_entropy(x[:, :-1].mT, t[:, 1:]).exp(),
        ),
        (
            "over the vocabulary",
            lambda x, t: -x[:, :-1].log_softmax(1).gather(-1, t[:, 1:, None]).mean(),
        ),
    ],
    "chapter_11.LABELS": [("`tokens` was changed", labels_in_place)],
    "chapter_11.POOL": [
        (
            "one token too many: place",
            lambda s, n: (
                (s * (torch.arange(s.shape[1]) <= n[:, None])[:, :, None]).sum(1) / n[:, None]
            ),
        ),
        (
            "the sum of the real tokens",
            lambda s, n: (s * (torch.arange(s.shape[1]) < n[:, None])[:, :, None]).sum(1),
        ),
        (
            "brought to length 1",
            lambda s, n: torch.nn.functional.normalize(
                (s * (torch.arange(s.shape[1]) < n[:, None])[:, :, None]).sum(1)
            ),
        ),
    ],
    "chapter_11.TWO_BEFORE": [
        ("[SEP] is still counted", lambda w: w[:, 1:, 1:].diagonal(-2, 1, 2).mean(1)),
        ("[CLS] is still counted", lambda w: w[:, :-1, :-1].diagonal(-2, 1, 2).mean(1)),
    ],
    "chapter_12.LOOKED_AT": [
        ("largest weight of any head", lambda w, n: w.amax(0)[0, 1:].topk(n).indices),
    ],
    "chapter_12.PATCHES": [
        ("got a list of 2 of different shapes", lambda image, side: [image[0], image[0, 0]]),
    ],
    "chapter_12.CHANNEL_GATES": [
        ("with the sum", lambda x, d, u: (u @ (d @ x.sum((1, 2))).relu()).sigmoid()),
        ("after the second matrix", lambda x, d, u: (u @ (d @ x.mean((1, 2)))).relu().sigmoid()),
        ("stands a sigmoid", lambda x, d, u: (u @ (d @ x.mean((1, 2))).sigmoid()).sigmoid()),
    ],
    "chapter_20.WINDOW_PAIRS": [
        ("one key too many", lambda t, w: sum(min(i + 1, w + 1) for i in range(t))),
    ],
}
RIGHT = {
    "chapter_01.SOFT_LOOKUP": [
        lambda q, k, v, w: ((-((q[:, None] - k) ** 2) / (2 * w**2)).softmax(1) @ v).tolist()
    ],
    "chapter_02.ADDITIVE_SCORES": [
        lambda q, k, W, U, v: (torch.tanh(W @ q + k @ U.T) @ v).tolist()
    ],
    "chapter_03.LOOK": [lambda q, k, v: ((q @ k.T / q.shape[1] ** 0.5).softmax(-1) @ v).tolist()],
    "chapter_03.AIM": [["-5", "0"], [-4.13, 0.0]],
    "chapter_04.STABLE_SOFTMAX": [lambda s: (s - s.logsumexp(-1, keepdim=True)).exp()],
    "chapter_05.COUNT": ["15"],
    "chapter_05.REACH": ["9"],
    "chapter_06.SCORES": ["48"],
    "chapter_06.CROSS_ATTENTION": [lambda *given: cross_attention(*given).tolist()],
    "chapter_06.LOOKS": ["decoder, cross", "decoder cross", "cross-attention", "Cross"],
    "chapter_09.READ_AND_PREDICT": [lambda words: [words[:-1], words[1:]]],
    "chapter_12.PATCHES": [
        lambda image, side: [
            image[:, y : y + side, x : x + side].flatten()
            for y in range(0, image.shape[1], side)
            for x in range(0, image.shape[2], side)
        ]
    ],
    "chapter_20.FORBIDDEN": [lambda weights: len(weights) - weights.tril().sum()],
}


@pytest.mark.parametrize(
    ("name", "words", "answer"), [(name, *case) for name, cases in WRONG.items() for case in cases]
)
def test_a_wrong_answer_is_refused_with_words_that_name_it(name, words, answer):
    verdict = EXERCISES[name].verdict(answer)
    assert verdict.startswith("Not yet")
    assert words in verdict


@pytest.mark.parametrize(
    ("name", "answer"), [(name, answer) for name, answers in RIGHT.items() for answer in answers]
)
def test_a_right_answer_is_accepted(name, answer):
    assert EXERCISES[name].verdict(answer).startswith("Right")


def test_a_check_that_stops_blames_itself():
    class Answer(dict):
        def __iter__(self):
            raise RuntimeError("cannot be read")

    verdict = EXERCISES["chapter_09.SEARCH_BY_HAND"].verdict(Answer(greedy=0.3, beam=0.36))
    assert verdict.startswith("The check itself stopped with RuntimeError")
    assert "not of your answer" in verdict
