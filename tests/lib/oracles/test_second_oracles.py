"""Types first held to formulas written out by hand, against code that nobody here wrote.

x-transformers and the naive references of flash-linear-attention, in float64. They compute in
float32 unless told otherwise, and have no scale of scores, or one of their own.
"""

from functools import partial

import pytest
import torch
from x_transformers.attend import Attend as TheirAttend
from x_transformers.attend import selective_attn
from x_transformers.x_transformers import CoPE

from attnlib import Attend, attention, masks
from attnlib.heads import MultiHeadAttention
from attnlib.heads.selective import SelectiveAttention
from attnlib.linear import gated_linear, linear_attention
from attnlib.normalizers import Sigmoid
from attnlib.normalizers.talking import TalkingHeads
from attnlib.positions import ContextualPositions, householder_bias
from oracles.agreement import assert_agree, normal
from oracles.fla import reference, time_first
from oracles.in_double import in_double

B, H, T, D, DV = 2, 4, 9, 4, 5


@pytest.fixture(autouse=True)
def oracles_in_float64():
    with in_double():
        yield


@pytest.fixture
def states():
    """Query, key and value."""
    return normal(B, H, T, D), normal(B, H, T, D, seed=1), normal(B, H, T, DV, seed=2)


FORMS = ["recurrent", "parallel", "chunked"]


def of(form, module):
    """The form of the recurrence, in chunks so short that there are several."""
    function = getattr(module, form)
    return partial(function, chunk=4) if form == "chunked" else function


@pytest.mark.parametrize("form", FORMS)
def test_causal_linear_attention_equals_flash_linear_attention(states, form):
    ours, _ = of(form, linear_attention)(*states)
    query, key = (torch.nn.functional.elu(one) + 1 for one in states[:2])
    theirs = reference("linear_attn").naive_recurrent_linear_attn(
        *(time_first(one) for one in (query, key, states[2])), scale=1.0, normalize=True
    )[0]
    torch.testing.assert_close(ours, time_first(theirs), rtol=1e-8, atol=1e-9)  # their ε of 1e-10


@pytest.mark.parametrize("form", FORMS)
def test_gated_linear_attention_equals_flash_linear_attention(states, form):
    gates = normal(B, H, T, D, seed=3).detach().sigmoid().log()
    ours, _ = of(form, gated_linear)(*states, gates)
    theirs, _ = reference("gla").naive_recurrent_gla(
        *(time_first(one) for one in (states[0] * D**0.5, *states[1:], gates))
    )
    assert_agree(ours, time_first(theirs), states)


def test_sigmoid_equals_x_transformers_with_the_same_offset(states):
    query, key, value = states
    ours = attention(query, key, value, normalize=Sigmoid(T)).output
    theirs = TheirAttend(heads=H, sigmoid=True)(
        query, key, value, attn_bias=-torch.tensor(T).double().log().expand(H, T, T)
    )[0]
    assert_agree(ours, theirs, states)


def test_talking_heads_equal_x_transformers(states):
    talk = TalkingHeads(H).double()
    ours = Attend(normalize=talk)(*states).output
    theirs = TheirAttend(heads=H, pre_talking_heads=True, post_talking_heads=True)
    own = torch.eye(H)  # they add what the heads say to what each had
    theirs.pre_softmax_talking_heads.weight.data = (talk.scores.weight - own)[..., None, None]
    theirs.post_softmax_talking_heads.weight.data = talk.weights.weight[..., None, None]
    assert_agree(ours, theirs(*states)[0], states)


def test_selective_attention_equals_x_transformers():
    x = normal(B, T, H * D)
    layer, plain = SelectiveAttention(H * D, H).double(), MultiHeadAttention(H * D, H).double()
    plain.load_state_dict(layer.state_dict())
    query, key, value = plain.project(x)
    future = torch.ones(T, T, dtype=torch.bool).triu(1)
    # The future's scores are hidden before votes are counted, so that none of them counts.
    scores = selective_attn((query @ key.mT / D**0.5).masked_fill(future, -torch.inf))
    heads = scores.softmax(dim=-1) @ value
    theirs = plain.output(heads.transpose(1, 2).flatten(2))
    assert_agree(layer(x), theirs, (x,))


def test_contextual_positions_equal_x_transformers(states):
    query, key, value = states
    positions = ContextualPositions(D, longest=6).double()
    positions.table.data = normal(7, D, seed=3).detach()
    bias = positions(query, key)
    ours = attention(query, key, value, mask=masks.Causal(), bias=bias).output
    theirs = CoPE(D, H, 7)
    theirs.pos_emb.data = positions.table.data
    future = torch.ones(T, T, dtype=torch.bool).triu(1)
    scores = (query @ key.mT / D**0.5).masked_fill(future, -torch.inf)
    theirs = (scores + theirs(query, scores)).softmax(dim=-1) @ value
    assert_agree(ours, theirs, states)


def test_householder_path_equals_flash_linear_attention(states):
    query, key, value = states
    directions = normal(B, H, T, D, seed=3)
    strengths = normal(B, H, T, seed=4).detach().sigmoid()
    bias = householder_bias(query, key, directions, strengths)
    ours = attention(query, key, value, mask=masks.Causal(), bias=bias).output
    theirs = reference("path_attn").naive_path_attn(
        *(time_first(one) for one in (query, key, value, directions, strengths)),
        torch.zeros(B, T, H),
        scale=D**-0.5,
        chunk_size=4,
    )
    torch.testing.assert_close(ours, time_first(theirs), rtol=1e-9, atol=1e-10)
