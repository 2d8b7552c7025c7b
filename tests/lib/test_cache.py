"""Caches: step by step equals all at once, and nothing is kept or lost in silence."""

from functools import partial

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from oracles.agreement import CASES, EXACT, normal

from attnlib import MultiHeadAttention, attention, masks
from attnlib.caches.compressed import CompressedCache
from attnlib.caches.convolutional import ConvolutionalCache
from attnlib.caches.growing import KVCache
from attnlib.caches.latent import LatentCache
from attnlib.caches.paged import PagedKVCache, PagePool
from attnlib.caches.quantized import QuantizedKVCache, _dequantize, _quantize
from attnlib.caches.sliding import SlidingKVCache
from attnlib.caches.temporal import TemporalLatentCache
from attnlib.heads.differential import DifferentialAttention
from attnlib.heads.gated import GatedAttention
from attnlib.models.gpt import GPT
from attnlib.models.llama import Llama
from attnlib.positions.rotary import rotate


def pool(pages=6, page_size=2, **options):
    return PagePool(
        pages, page_size, key_heads=2, head_size=3, **{"dtype": torch.float64} | options
    )


def tokens(count, seed=0):
    key, value = normal(1, 2, count, 3, seed=seed), normal(1, 2, count, 3, seed=seed + 1)
    return key.detach(), value.detach()


TWO_SEQUENCES = r"key (has 2 sequences, but the cache holds 1|must have the axes \(1, G, T, D\))"
CACHES = {
    "growing": lambda: KVCache(),
    "of a capacity": lambda: KVCache(capacity=9),
    "paged": lambda: PagedKVCache(pool()),
}
every_cache = pytest.mark.parametrize("make", CACHES.values(), ids=CACHES)
WIDE = {**CACHES, "sliding": lambda: SlidingKVCache(9)}  # a ring with room for all of a short text
every_cache_and_the_ring = pytest.mark.parametrize("make", WIDE.values(), ids=WIDE)
ALL_CACHES = {**WIDE, "quantized": QuantizedKVCache}
all_caches = pytest.mark.parametrize("make", ALL_CACHES.values(), ids=ALL_CACHES)


@every_cache_and_the_ring
@CASES
@given(steps=st.lists(st.integers(0, 3), min_size=1, max_size=3))
def test_what_comes_back_is_all_that_came_in_order(make, steps):
    cache = make()
    parts = [tokens(count, seed=seed) for seed, count in enumerate(steps)]
    for part in parts:
        key, value = cache.update(*part)
    assert torch.equal(key, torch.cat([k for k, _ in parts], dim=2))
    assert torch.equal(value, torch.cat([v for _, v in parts], dim=2))
    assert cache.length == sum(steps)


@every_cache_and_the_ring
@pytest.mark.parametrize("steps", [(1,) * 7, (4, 1, 2), (7,)])
@pytest.mark.parametrize("mask", [masks.Causal(), masks.Causal() & masks.Window(2)])
def test_decoding_equals_prefill(make, mask, steps):
    layer = MultiHeadAttention(12, heads=4, key_heads=2).double()
    x, cache = normal(1, 7, 12).detach(), make()
    with torch.no_grad():
        outputs = [layer(some, mask=mask, cache=cache) for some in x.split(steps, dim=1)]
        expected = layer(x, mask=mask)
    torch.testing.assert_close(torch.cat(outputs, dim=1), expected, **EXACT)


def test_gradients_pass_a_growing_cache():
    layer = MultiHeadAttention(12, heads=4).double()
    x, cache = normal(1, 5, 12), KVCache()
    steps = [layer(token, mask=masks.Causal(), cache=cache) for token in x.split(1, dim=1)]
    at_once = torch.autograd.grad(layer(x, mask=masks.Causal()).square().sum(), x)
    torch.testing.assert_close(
        torch.autograd.grad(torch.cat(steps, dim=1).square().sum(), x), at_once, **EXACT
    )


@pytest.mark.parametrize("name", ["of a capacity", "paged", "sliding", "quantized"])
def test_memory_written_in_place_refuses_a_gradient(name):
    key, value = normal(1, 2, 1, 3), normal(1, 2, 1, 3)
    with pytest.raises(RuntimeError, match="written in place, which no gradient can pass"):
        ALL_CACHES[name]().update(key, value)


def test_a_capacity_is_a_limit():
    cache = KVCache(capacity=4)
    cache.update(*tokens(3))
    with pytest.raises(ValueError, match="room for 4 tokens: 3 are there, 2 came"):
        cache.update(*tokens(2))
    assert cache.length == 3


@all_caches
@pytest.mark.parametrize(
    ("key", "value", "error", "words"),
    [
        ((1, 3, 1, 3), (1, 3, 1, 3), ValueError, "key has 3 heads, but the cache holds 2"),
        ((2, 2, 1, 3), (2, 2, 1, 3), ValueError, TWO_SEQUENCES),
        ((1, 2, 1, 4), (1, 2, 1, 3), ValueError, "key has 4 numbers per token, but the cache"),
        ((1, 2, 1, 3), (1, 2, 1, 5), ValueError, "value has 5 numbers per token, but the cache"),
        ((1, 2, 1, 3), (1, 2, 2, 3), ValueError, "value has length 2, but key has 1"),
        ((1, 2, 3), (1, 2, 3), ValueError, r"key must have the axes \(., G, T, D\)"),
    ],
)
def test_what_does_not_continue_the_cache_is_refused(make, key, value, error, words):
    cache = make()
    cache.update(*tokens(2))
    with pytest.raises(error, match=words):
        cache.update(torch.zeros(key).double(), torch.zeros(value).double())
    assert cache.length == 2


@all_caches
def test_another_type_is_refused(make):
    cache = make()
    cache.update(*tokens(2))
    with pytest.raises(TypeError, match=r"key is torch.float32, but the cache holds torch.float64"):
        cache.update(*(states.float() for states in tokens(1)))


def test_a_cache_goes_with_no_context():
    layer, x = MultiHeadAttention(12, heads=4), torch.zeros(1, 2, 12)
    with pytest.raises(ValueError, match="cache keeps what x looks back at"):
        layer(x, x, cache=KVCache())


def test_structures_on_the_same_projections_decode_too():
    x = normal(1, 5, 16).detach()
    for layer in (GatedAttention(16, heads=4).double(), DifferentialAttention(16, 2).double()):
        cache = KVCache()
        steps = [layer(token, mask=masks.Causal(), cache=cache) for token in x.split(1, dim=1)]
        torch.testing.assert_close(torch.cat(steps, dim=1), layer(x, mask=masks.Causal()), **EXACT)


@pytest.mark.parametrize("capacity", [0, -1])
def test_a_capacity_below_1_is_refused(capacity):
    with pytest.raises(ValueError, match="capacity must be at least 1"):
        KVCache(capacity)


@pytest.mark.parametrize("graph", [False, True])
@pytest.mark.parametrize("name", ["growing", "of a capacity", "paged"])
def test_what_is_cropped_is_forgotten_and_written_anew(name, graph):
    cache, parts = WIDE[name](), [tokens(5), tokens(2, seed=5), tokens(1, seed=7)]
    with torch.set_grad_enabled(graph):
        earlier, _ = cache.update(*parts[0])
        before = earlier.clone()
        cache.update(*parts[1])
        cache.crop(4)
        key, value = cache.update(*parts[2])
    for ours, first, later in zip((key, value), parts[0], parts[2], strict=True):
        assert torch.equal(ours, torch.cat((first[:, :, :4], later), dim=2))
    assert cache.length == 5
    assert torch.equal(parts[0][0], tokens(5)[0])  # what was handed in is not written to
    if graph and name == "growing":
        assert torch.equal(earlier, before)


@pytest.mark.parametrize("length", [-1, 4])
def test_what_is_not_there_is_not_kept(length):
    cache = KVCache()
    cache.update(*tokens(3))
    with pytest.raises(ValueError, match=f"length must be from 0 to 3, .* got {length}"):
        cache.crop(length)


@pytest.mark.parametrize("name", ["growing", "of a capacity"])
def test_sequences_go_on_from_the_past_of_others(name):
    cache, key, value = WIDE[name](), normal(2, 2, 3, 3).detach(), normal(2, 2, 3, 3).detach()
    rows, more = torch.tensor([1, 1, 0]), normal(3, 2, 1, 3, seed=2).detach()
    cache.update(key, value)
    cache.select(rows)
    ours, _ = cache.update(more, more)
    assert torch.equal(ours, torch.cat((key[rows], more), dim=2))
    with pytest.raises(ValueError, match="rows must be from 0 to 2, got 3"):
        cache.select(torch.tensor([3]))


@torch.no_grad()
def test_a_cache_that_grows_takes_new_memory_seldom():
    """1000 tokens one by one: room for 64, 128, … 1024, in place of 1000 copies of all so far."""
    cache, rooms = KVCache(), set()
    for seed in range(1000):
        key, _ = cache.update(*tokens(1, seed=seed % 7))
        rooms.add(key.data_ptr())
    assert len(rooms) <= 5
    came = [tokens(1, seed=seed % 7)[0] for seed in range(1000)]
    assert torch.equal(key, torch.cat(came, dim=2))


def kept(part):
    """Every tensor that a cache holds, its own parts included."""
    for one in vars(part).values():
        if torch.is_tensor(one):
            yield one
        elif hasattr(one, "__dict__"):
            yield from kept(one)


@pytest.mark.parametrize(
    ("cache", "fill"),
    [
        (SlidingKVCache(3), lambda cache: cache.update(*tokens(64))),
        (TemporalLatentCache(2), lambda cache: cache.update(normal(1, 64, 4), normal(1, 64, 2))),
        (CompressedCache(4, window=3), lambda cache: cache.near(normal(1, 1, 64, 4))),
        (
            CompressedCache(4, window=3),
            lambda cache: cache.entries.keep(normal(1, 64, 4)[:, -1:], used=0),
        ),
        (ConvolutionalCache(), lambda cache: cache.update(*tokens(64), normal(1, 64, 4)[:, -2:])),
    ],
    ids=["sliding", "temporal", "compressed", "entries", "convolutional"],
)
def test_what_is_kept_of_a_chunk_does_not_keep_the_chunk(cache, fill):
    """A view of its last tokens would hold the memory of all."""
    with torch.no_grad():
        fill(cache)
    tensors = list(kept(cache))
    assert tensors
    assert [one.shape for one in tensors if one.untyped_storage().nbytes() > one.nbytes] == []


def test_memory_is_not_written_where_autograd_may_have_kept_it():
    """Only the query learns: its gradient needs the keys as they were."""
    cache, query = KVCache(), normal(1, 2, 1, 3)
    with torch.no_grad():
        cache.update(*tokens(3))
    seen = attention(query, *cache.update(*tokens(1))).output
    with torch.no_grad():
        cache.update(*tokens(1, seed=4))
    seen.sum().backward()


# A ring


@CASES
@given(
    width=st.integers(1, 6),
    steps=st.lists(st.integers(1, 8), min_size=1, max_size=5),
    turned=st.booleans(),
)
def test_chunks_through_a_ring_equal_one_pass(width, steps, turned):
    """Chunks shorter and longer than the window: none may lose a key that it still sees."""
    turn = partial(rotate, pairing="half") if turned else None
    layer = MultiHeadAttention(12, heads=3, key_heads=1, turn=turn).double()
    x, mask = normal(2, sum(steps), 12).detach(), masks.Causal() & masks.Window(width)
    cache = SlidingKVCache(width)
    with torch.no_grad():
        chunks = [layer(chunk, mask=mask, cache=cache) for chunk in x.split(steps, dim=1)]
        expected = layer(x, mask=mask)
    torch.testing.assert_close(torch.cat(chunks, dim=1), expected, **EXACT)
    assert cache.length == sum(steps)


class NaiveRing(SlidingKVCache):
    """As it is often written: the chunk goes into the ring, and then the ring is looked at."""

    def update(self, key, value):
        super().update(key, value)
        first = max(0, self.length - self.width)
        places = torch.arange(first, self.length) % self.width
        return self._key[:, :, places], self._value[:, :, places]


@pytest.mark.parametrize(("chunk", "same"), [(1, True), (3, False)])
def test_a_naive_ring_drops_keys_that_a_chunk_still_sees(chunk, same):
    """With one token at a time it is right; of a chunk the first queries miss their oldest keys."""
    layer = MultiHeadAttention(12, heads=3).double()
    x, mask = normal(1, 9, 12).detach(), masks.Causal() & masks.Window(4)
    with torch.no_grad():
        expected = layer(x, mask=mask)
        for ring, right in ((NaiveRing(4), same), (SlidingKVCache(4), True)):
            outputs = [layer(part, mask=mask, cache=ring) for part in x.split(chunk, dim=1)]
            assert torch.allclose(torch.cat(outputs, dim=1), expected, **EXACT) == right


def test_a_ring_worked_by_hand():
    """Width 3: a chunk of 2 after 4 tokens sees 2 before it; a token alone sees 3 with itself."""
    cache, seen = SlidingKVCache(3), []
    for first, last in ((0, 4), (4, 6), (6, 7), (7, 12)):
        numbers = torch.arange(first, last).double().view(1, 1, -1, 1)
        seen.append(cache.update(numbers, -numbers))
    assert [key.flatten().tolist() for key, _ in seen] == [
        [0, 1, 2, 3],
        [2, 3, 4, 5],
        [4, 5, 6],
        [5, 6, 7, 8, 9, 10, 11],
    ]
    assert all(torch.equal(key, -value) for key, value in seen)


def test_a_ring_keeps_no_more_than_its_width():
    cache = SlidingKVCache(3)
    cache.update(*tokens(50))
    kept = [states for states in vars(cache).values() if isinstance(states, torch.Tensor)]
    assert [states.shape[2] for states in kept] == [3, 3]


def test_a_ring_without_width_is_refused():
    with pytest.raises(ValueError, match="width must be at least 1, got 0"):
        SlidingKVCache(0)


@pytest.mark.parametrize(
    ("make", "mask"),
    [(KVCache, None), (partial(SlidingKVCache, 3), masks.Window(3))],
    ids=["growing", "sliding"],
)
@pytest.mark.parametrize("kind", ["llama", "gpt"])
def test_a_model_writes_on_from_its_caches(kind, make, mask):
    torch.manual_seed(0)
    sizes = {"size": 12, "heads": 2, "layers": 2, "hidden": 16}
    if kind == "llama":
        model = Llama(11, key_heads=1, **sizes).double().eval()
    else:
        model = GPT(11, rotary=True, **sizes).double().eval()
    words, caches = torch.randint(11, (2, 9)), [make() for _ in range(2)]
    with torch.no_grad():
        chunks = [model(part, mask=mask, caches=caches) for part in words.split((5, 1, 3), dim=1)]
        torch.testing.assert_close(torch.cat(chunks, dim=1), model(words, mask=mask), **EXACT)
    with pytest.raises(ValueError, match="caches must be 2, one per layer; got 1"):
        model(words, caches=[make()])


# Eight bits


@CASES
@given(
    seed=st.integers(0, 1000),
    dtype=st.sampled_from([torch.float64, torch.float32, torch.bfloat16]),
    spread=st.floats(-6, 6),
)
def test_no_number_is_off_by_more_than_half_a_step(seed, dtype, spread):
    states = (normal(2, 3, 4, 5, seed=seed).detach() * 10**spread).to(dtype)
    key, value = QuantizedKVCache().update(states, 2 * states)
    for ours, exact in ((key, states), (value, 2 * states)):
        bound = exact.double().abs().amax(dim=-1, keepdim=True) / 254
        rounding = torch.finfo(dtype).eps * exact.double().abs()
        off = (ours.double() - exact.double()).abs()
        assert (off <= bound * (1 + 1e-6) + rounding).all()
        assert ours.dtype == dtype


def test_eight_bits_worked_by_hand():
    numbers, scale = _quantize(torch.tensor([[0.5, -1.27, 0.02], [0.0, 0.0, 0.0]]))
    assert numbers.tolist() == [[50, -127, 2], [0, 0, 0]]
    torch.testing.assert_close(scale, torch.tensor([[0.01], [0.0]]))
    torch.testing.assert_close(_dequantize(numbers, scale)[0], torch.tensor([0.5, -1.27, 0.02]))


def test_a_large_token_makes_no_other_coarser():
    key, value = tokens(3)
    alone = QuantizedKVCache().update(key, value)[0]
    key = key.clone()
    key[:, :, 1] *= 1000
    beside = QuantizedKVCache().update(key, value)[0]
    assert torch.equal(beside[:, :, ::2], alone[:, :, ::2])


@CASES
@given(steps=st.lists(st.integers(0, 3), min_size=1, max_size=4))
def test_what_is_kept_in_eight_bits_does_not_depend_on_the_steps(steps):
    layer = MultiHeadAttention(12, heads=4, key_heads=2).double()
    x, cache = normal(2, sum(steps), 12).detach(), QuantizedKVCache()
    with torch.no_grad():
        parts = [layer(some, mask=masks.Causal(), cache=cache) for some in x.split(steps, dim=1)]
        expected = layer(x, mask=masks.Causal(), cache=QuantizedKVCache())
    torch.testing.assert_close(torch.cat(parts, dim=1), expected, **EXACT)


def test_eight_bits_take_a_quarter_of_the_memory():
    cache, states = QuantizedKVCache(), torch.randn(1, 2, 128, 64)
    cache.update(states, states)
    rooms = [memory.room for memory in cache._memories()]
    ours = sum(room.numel() * room.element_size() for room in rooms)
    assert ours == 2 * 2 * 128 * (64 + 4)
    assert ours < 0.27 * 2 * states.numel() * states.element_size()


def test_sums_are_off_by_no_more_than_the_values_and_the_keys_together_allow():
    """output − exact, against max|v|/254 and what scores off by |q|₁·max|k|/254·scale can do."""
    query, key, value = (normal(1, 2, 9, 8, seed=seed).detach() for seed in range(3))
    near = attention(query, *QuantizedKVCache().update(key, value)).output
    exact = attention(query, key, value).output
    step = key.abs().amax() / 254
    scores_off = query.abs().sum(-1).amax() * step / 8**0.5
    values_off = value.abs().amax() / 254
    bound = values_off + (torch.exp(2 * scores_off) - 1) * value.abs().amax()
    assert 0 < (near - exact).abs().amax() <= bound


# Pages


def test_a_page_table_in_digits():
    """Pages of 2: the first sequence takes 0 and 1, the second 2; the first goes on upon 3."""
    memory = pool()
    one, other = PagedKVCache(memory), PagedKVCache(memory)
    one.update(*tokens(4))
    other.update(*tokens(1))
    one.update(*tokens(1))
    assert (one.table, other.table, memory.free) == ([0, 1, 3], [2], 2)


def test_a_fork_shares_pages_until_one_writes():
    memory = pool()
    one = PagedKVCache(memory)
    one.update(*tokens(3))
    other = one.fork()
    assert (memory.free, other.table) == (4, one.table)
    other.update(*tokens(1, seed=5))
    assert (one.table, other.table) == ([0, 1], [0, 2])


@pytest.mark.parametrize("common", [2, 3])
def test_forks_do_not_write_into_each_other(common):
    memory = pool()
    one = PagedKVCache(memory)
    start, left, right = tokens(common), tokens(2, seed=5), tokens(1, seed=7)
    one.update(*start)
    other = one.fork()
    other.update(*right)
    one.update(*left)
    for cache, later in ((one, left), (other, right)):
        for ours, before, after in zip(cache.gather(), start, later, strict=True):
            assert torch.equal(ours, torch.cat((before, after), dim=2))


def test_attention_over_gathered_pages_equals_pytorch():
    """Two sequences that grow in turn, so that their pages lie mixed."""
    memory = pool()
    caches, kept = [PagedKVCache(memory), PagedKVCache(memory)], [[], []]
    for step in range(5):
        caches[step % 2].update(*tokens(2, seed=step))
        kept[step % 2].append(tokens(2, seed=step))
    query = normal(1, 4, 1, 3).detach()
    for cache, parts in zip(caches, kept, strict=True):
        key, value = (torch.cat(states, dim=2) for states in zip(*parts, strict=True))
        expected = torch.nn.functional.scaled_dot_product_attention(
            query, key, value, enable_gqa=True
        )
        torch.testing.assert_close(attention(query, *cache.gather()).output, expected, **EXACT)


def test_a_released_page_is_free_when_its_last_user_goes():
    memory = pool()
    one = PagedKVCache(memory)
    one.update(*tokens(4))
    other = one.fork()
    one.release()
    assert (memory.free, one.length) == (4, 0)
    other.release()
    assert memory.free == 6


@pytest.mark.parametrize("common", [2, 3])
def test_what_forks_wrote_is_free_again_when_all_are_released(common):
    memory = pool()
    one = PagedKVCache(memory)
    one.update(*tokens(common))
    caches = [one, one.fork(), one.fork()]
    for seed, cache in enumerate(caches):
        cache.update(*tokens(1, seed=seed))
    for cache in caches:
        cache.release()
    assert memory.users == [0] * 6


def test_a_full_pool_says_so_and_changes_nothing():
    memory = pool(pages=2)
    cache = PagedKVCache(memory)
    cache.update(*tokens(3))
    with pytest.raises(RuntimeError, match="the pool is full: pages needed 1, free 0"):
        cache.update(*tokens(2))
    assert (cache.length, len(cache.table), memory.free) == (3, 2, 0)


def test_a_shared_last_page_counts_as_needed():
    memory = pool(pages=1)
    cache = PagedKVCache(memory)
    cache.update(*tokens(1))
    with pytest.raises(RuntimeError, match="the pool is full: pages needed 1, free 0"):
        cache.fork().update(*tokens(1))


def test_pages_that_are_cropped_away_are_free_again():
    memory = pool()
    one = PagedKVCache(memory)
    one.update(*tokens(5))
    other = one.fork()
    one.crop(3)
    assert (one.table, other.table, memory.free) == ([0, 1], [0, 1, 2], 3)
    one.update(*tokens(1, seed=5))  # on a page of its own: the other still reads the shared one
    for ours, exact in zip(other.gather(), tokens(5), strict=True):
        assert torch.equal(ours, exact)
    other.crop(0)
    assert memory.free == 4


def test_eight_bits_are_cropped_and_selected_as_all_are():
    cache, (key, value) = QuantizedKVCache(), (normal(2, 2, 4, 3, seed=s).detach() for s in (0, 1))
    kept, _ = cache.update(key, value)
    kept = kept.clone()
    cache.crop(3)
    cache.select(torch.tensor([1, 0, 1]))
    ours, _ = cache.update(torch.zeros(3, 2, 1, 3).double(), torch.zeros(3, 2, 1, 3).double())
    assert torch.equal(ours[:, :, :3], kept[[1, 0, 1], :, :3])
    with pytest.raises(ValueError, match="length must be from 0 to 4"):
        cache.crop(5)
    with pytest.raises(ValueError, match="rows must be from 0 to 2"):
        cache.select(torch.tensor([-1]))


EVERY = {**WIDE, "latent": LatentCache}
FIRST = {  # a first update that is refused, and for which caches
    "too long": ((1, 10), False, ["of a capacity"]),
    "with a gradient": ((1, 2), True, ["of a capacity", "sliding", "paged"]),
}


def latents(batch, count):
    return torch.randn(batch, count, 5), torch.randn(batch, count, 2)


@pytest.mark.parametrize(
    ("why", "name"), [(why, name) for why, (_, _, names) in FIRST.items() for name in names]
)
def test_a_first_update_that_is_refused_fixes_nothing(why, name):
    (batch, count), learned, _ = FIRST[why]
    cache = EVERY[name]()
    key = torch.randn(batch, 2, count, 3).double().requires_grad_(learned)
    with pytest.raises((ValueError, RuntimeError)):
        cache.update(key, key)
    assert cache.length == 0
    other = torch.randn(1 if name == "paged" else 3, 2, 2, 3).double()
    assert torch.equal(cache.update(other, 2 * other)[1], 2 * other)


@pytest.mark.parametrize("name", EVERY)
def test_a_later_update_that_is_refused_leaves_all_as_it_was(name):
    cache, make = EVERY[name](), latents if name == "latent" else lambda batch, n: tokens(n)
    first, second = make(1, 2), make(1, 3)
    cache.update(*first)
    key, value = make(1, 1)
    for wrong in ((key.to(torch.float16), value), (key[..., :-1], value), (key, value[..., :-1])):
        with pytest.raises((TypeError, ValueError)):
            cache.update(*wrong)
    axis = 1 if name == "latent" else 2
    expected = [torch.cat(parts, dim=axis) for parts in zip(first, second, strict=True)]
    for ours, all_of_them in zip(cache.update(*second), expected, strict=True):
        assert torch.equal(ours, all_of_them)


def test_a_pool_that_is_full_takes_no_page_of_a_refused_update():
    pages = pool(pages=2, page_size=2)
    cache = PagedKVCache(pages)
    cache.update(*tokens(3))
    with pytest.raises(RuntimeError, match="the pool is full"):
        cache.update(*tokens(2))
    assert (cache.length, len(cache.table), pages.free) == (3, 2, 0)
    cache.update(*tokens(1))
