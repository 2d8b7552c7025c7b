"""Right answers in other idioms than the exercises' own solutions: loops, einsum, numpy, lists.

`OTHER` lists functions that a reader might write, by exercise; `wrapped(solution)` yields the
solution with its answer in another form; `by_hand(answer)` the same for numbers.
"""

import itertools
import math
from decimal import Decimal
from fractions import Fraction

import numpy as np
import other_inference
import other_layers
import torch
from torch import Tensor
from torch.nn import functional as F

from attnlib import masks
from attnlib.parallel import places, ring_in_turn
from attnlib.positions import rotate
from course.exercises.answers import tensor_of


def distances_in_loops(a, b):
    return [[abs(one - other) for other in b.tolist()] for one in a.tolist()]


def distances_in_numpy(a, b):
    return np.abs(np.subtract.outer(a.numpy(), b.numpy()))


def distances_by_cdist(a, b):
    return torch.cdist(a[:, None], b[:, None])


def mix_by_einsum(scores, value):
    return torch.einsum("hqk,hkd->hqd", scores.softmax(-1), value)


def mix_by_exponentials(scores, value):
    raised = scores.exp()
    return raised / raised.sum(dim=-1, keepdim=True) @ value


def mix_in_loops(scores, value):
    return [F.softmax(one, dim=1) @ given for one, given in zip(scores, value, strict=True)]


def slope_zeroed_after_the_step(x, y, steps):
    slope = torch.zeros((), requires_grad=True)
    optimizer = torch.optim.SGD([slope], lr=0.1)
    for _ in range(steps):
        ((slope * x - y) ** 2).mean().backward()
        optimizer.step()
        optimizer.zero_grad()
    return slope


def slope_by_hand(x, y, steps):
    slope = 0.0
    for _ in range(steps):
        slope = slope - 0.1 * (2 * (slope * x - y) * x).mean().item()
    return slope


def slope_with_a_new_gradient(x, y, steps):
    slope = torch.zeros((), requires_grad=True)
    for _ in range(steps):
        loss = ((slope * x - y) ** 2).mean()
        slope.grad = None
        loss.backward()
        with torch.no_grad():
            slope -= 0.1 * slope.grad
    return slope.item()


def lookup_in_loops(query, keys, values, width):
    answers = []
    for q in query.tolist():
        fits = [math.exp(-((q - k) ** 2) / (2 * width**2)) for k in keys.tolist()]
        answers.append(sum(f * v for f, v in zip(fits, values.tolist(), strict=True)) / sum(fits))
    return answers


def lookup_by_softmax(query, keys, values, width):
    return (-((query[:, None] - keys) ** 2) / (2 * width**2)).softmax(-1) @ values


def lookup_in_numpy(query, keys, values, width):
    q, k, v = query.numpy(), keys.numpy(), values.numpy()
    fits = np.exp(-((q[:, None] - k) ** 2) / (2 * width**2))
    return fits @ v / fits.sum(1)


def recognized_by_cdist(query, keys, values, width):
    return (-(torch.cdist(query, keys) ** 2) / (2 * width**2)).softmax(-1) @ values


def recognized_in_loops(query, keys, values, width):
    rows = []
    for q in query:
        fits = torch.stack([torch.exp(-((q - key) ** 2).sum() / (2 * width**2)) for key in keys])
        rows.append(fits @ values / fits.sum())
    return rows


def additive_in_loops(query, keys, W, U, v):
    return [v @ torch.tanh(W @ query + U @ key) for key in keys]


def additive_by_einsum(query, keys, W, U, v):
    hidden = torch.einsum("mq,q->m", W, query) + torch.einsum("mk,tk->tm", U, keys)
    return torch.einsum("tm,m->t", hidden.tanh(), v)


def rate_by_counting(chosen, gold):
    return 1 - 2 * sum(link in gold for link in chosen) / (len(chosen) + len(gold))


def look_by_einsum(query, key, value):
    weights = torch.einsum("qd,kd->qk", query, key).div(key.shape[1] ** 0.5).softmax(1)
    return torch.einsum("qk,kd->qd", weights, value)


def look_by_torch(query, key, value):
    return F.scaled_dot_product_attention(query[None], key[None], value[None])[0]


def look_in_loops(query, key, value):
    rows = torch.zeros(len(query), value.shape[1])
    for row, q in enumerate(query):
        fits = torch.exp(key @ q / math.sqrt(len(q)))
        for fit, v in zip(fits / fits.sum(), value, strict=True):
            rows[row] += fit * v
    return rows


def softmax_by_logsumexp(scores):
    return (scores - scores.logsumexp(-1, keepdim=True)).exp()


def softmax_in_numpy(scores):
    raised = np.exp(scores.numpy() - scores.numpy().max(-1, keepdims=True))
    return raised / raised.sum(-1, keepdims=True)


def jacobian_by_autograd(weights):
    return torch.autograd.functional.jacobian(lambda s: s.softmax(0), weights.log())


def jacobian_in_loops(weights):
    w = weights.tolist()
    return [[w[i] * ((i == j) - w[j]) for j in range(len(w))] for i in range(len(w))]


def tempered_by_torch(scores, temperature):
    return torch.softmax(scores.double() / temperature, dim=-1)


def tempered_in_numpy(scores, temperature):
    scaled = scores.numpy().astype(float) / temperature
    raised = np.exp(scaled - scaled.max(-1, keepdims=True))
    return raised / raised.sum(-1, keepdims=True)


def causal_and_padding_in_loops(lengths, longest):
    return [
        [[[k <= q and k < length for k in range(longest)] for q in range(longest)]]
        for length in lengths.tolist()
    ]


def causal_and_padding_by_tril(lengths, longest):
    real = torch.arange(longest) < lengths.view(-1, 1, 1, 1)
    return real.expand(-1, 1, longest, longest).tril()


def back_in_loops(query, key, value):
    rows = []
    for n, q in enumerate(query):
        seen = len(key) - len(query) + n + 1
        rows.append((key[:seen] @ q / len(q) ** 0.5).softmax(0) @ value[:seen])
    return rows


def back_by_torch(query, key, value):
    allowed = torch.ones(len(query), len(key), dtype=torch.bool).tril(len(key) - len(query))
    return F.scaled_dot_product_attention(query, key, value, attn_mask=allowed)


def layer_by_torch(x, memory, own, across):
    q, k, v = x @ own
    x = x + F.scaled_dot_product_attention(q[None], k[None], v[None], is_causal=True)[0]
    q, k, v = x @ across[0], memory @ across[1], memory @ across[2]
    return x + F.scaled_dot_product_attention(q[None], k[None], v[None])[0]


def layer_in_loops(x, memory, own, across):
    steps = [
        x[n] + look_by_einsum(x[n : n + 1] @ own[0], *(x[: n + 1] @ own[1:]))[0]
        for n in range(len(x))
    ]
    return [
        row + look_by_einsum((row @ across[0])[None], *(memory @ across[1:]))[0] for row in steps
    ]


def attend_in_loops(attn_mask, key_padding_mask):
    batch, length = key_padding_mask.shape
    answer = torch.zeros(batch, 1, length, length, dtype=torch.bool)
    for b in range(batch):
        for q in range(length):
            for k in range(length):
                answer[b, 0, q, k] = not attn_mask[q, k] and not key_padding_mask[b, k]
    return answer


def prefix_in_loops(length, prefix):
    return [[k <= q or k < prefix for k in range(length)] for q in range(length)]


def prefix_in_numpy(length, prefix):
    mask = np.tril(np.ones((length, length), dtype=bool))
    mask[:, :prefix] = True
    return mask


def cross_by_torch(x, context, Wq, Wk, Wv):
    projected = (x @ Wq)[None], (context @ Wk)[None], (context @ Wv)[None]
    return F.scaled_dot_product_attention(*projected)[0]


def cross_in_loops(x, context, Wq, Wk, Wv):
    return [look_by_einsum((row @ Wq)[None], context @ Wk, context @ Wv)[0] for row in x]


def follows_by_distance(layer, x, order):
    return (layer(x[order]) - layer(x)[order]).abs().max() < 1e-4


def follows_in_numpy(layer, x, order):
    return np.allclose(layer(x[order]).numpy(), layer(x).numpy()[order.numpy()], atol=1e-6)


def split_by_stack(x, heads):
    return torch.stack(x.chunk(heads, dim=-1), dim=1)


def split_by_unflatten(x, heads):
    return x.unflatten(-1, (heads, -1)).movedim(2, 1)


def join_by_cat(heads):
    return torch.cat(tuple(heads.unbind(1)), dim=-1)


def join_by_einsum(heads):
    return torch.einsum("bhtd->bthd", heads).flatten(2)


def join_in_numpy(heads):
    batch, _, tokens, _ = heads.shape
    return heads.numpy().transpose(0, 2, 1, 3).reshape(batch, tokens, -1)


def split_in_numpy(x, heads):
    return x.numpy().reshape(*x.shape[:2], heads, -1).transpose(0, 2, 1, 3)


def silence_on_a_copy(states, heads, head):
    size = states.shape[-1] // heads
    states = states.clone()
    states[..., head * size : (head + 1) * size] = 0
    return states


def share_by_index(key, heads):
    return key[:, torch.arange(heads) // (heads // key.shape[1])]


def share_by_expand(key, heads):
    batch, groups, tokens, size = key.shape
    wide = key[:, :, None].expand(batch, groups, heads // groups, tokens, size)
    return wide.reshape(batch, heads, tokens, size)


def waves_in_loops(length, size):
    rows = [[0.0] * size for _ in range(length)]
    for place in range(length):
        for pair in range(size // 2):
            angle = place / 10_000 ** (2 * pair / size)
            rows[place][2 * pair], rows[place][2 * pair + 1] = math.sin(angle), math.cos(angle)
    return rows


def lines_without_a_sign(heads, length):
    """Keys after the query get the bias of a distance below 0: the causal mask hides them."""
    place = torch.arange(length)
    slopes = torch.tensor([2 ** (-8 * h / heads) for h in range(1, heads + 1)])
    return slopes.view(-1, 1, 1) * (place[None, :] - place[:, None])


def lines_with_the_future_hidden(heads, length):
    hidden = torch.ones(length, length).triu(1).bool()
    return lines_without_a_sign(heads, length).masked_fill(hidden, -math.inf)


def turn_by_complex_numbers(x, places):
    size = x.shape[-1]
    angle = places[:, None] * 10_000.0 ** (-torch.arange(0, size, 2) / size)
    pairs = torch.view_as_complex(x.float().unflatten(-1, (-1, 2)).contiguous())
    return torch.view_as_real(pairs * torch.polar(torch.ones_like(angle), angle)).flatten(1)


def turn_half_by_complex_numbers(x, places):
    return turn_by_complex_numbers(x.unflatten(-1, (2, -1)).mT.flatten(1), places)[
        :, torch.arange(x.shape[1]).view(-1, 2).T.flatten()
    ]


def turn_half_by_attnlib(x, places):
    return rotate(x[None, None], places, pairing="half")[0, 0]


def turn_in_loops(x, places):
    out = torch.zeros_like(x)
    for t, place in enumerate(places.tolist()):
        for i in range(0, x.shape[1], 2):
            angle = place * 10_000 ** (-i / x.shape[1])
            out[t, i] = x[t, i] * math.cos(angle) - x[t, i + 1] * math.sin(angle)
            out[t, i + 1] = x[t, i] * math.sin(angle) + x[t, i + 1] * math.cos(angle)
    return out


def norm_by_torch(x, gain, shift):
    return F.layer_norm(x, gain.shape, gain, shift, eps=1e-5)


def norm_by_var(x, gain, shift):
    root = torch.sqrt(x.var(-1, correction=0, keepdim=True) + 0.00001)
    return (x - x.mean(-1, keepdim=True)) / root * gain + shift


def norm_in_loops(x, gain, shift):
    rows = []
    for row in x.double():
        mean = sum(row) / len(row)
        variance = sum((row - mean) ** 2) / len(row)
        rows.append((row - mean) / (variance + 1e-5) ** 0.5 * gain + shift)
    return torch.stack(rows)


def surprise_by_gather(logits, tokens):
    log_p = logits.log_softmax(-1)[:, :-1]
    return -log_p.gather(-1, tokens[:, 1:, None]).mean()


def surprise_in_loops(logits, tokens):
    surprises = [
        -math.log(logits[b, t].softmax(-1)[tokens[b, t + 1]])
        for b in range(len(tokens))
        for t in range(tokens.shape[1] - 1)
    ]
    return sum(surprises) / len(surprises)


def surprise_by_transpose(logits, tokens):
    return F.cross_entropy(logits[:, :-1].transpose(1, 2), tokens[:, 1:])


def induction_in_loops(weights, length):
    return sum(weights[i, i - length + 1] for i in range(length, 2 * length - 1)) / (length - 1)


def induction_by_diagonal(weights, length):
    return weights.diagonal(1 - length)[1:-1].mean() if length > 1 else 0.0


def nucleus_in_loops(probabilities, p):
    kept, held = [0.0] * len(probabilities), 0.0
    for n in sorted(range(len(kept)), key=lambda n: -float(probabilities[n])):
        if held >= p:
            break
        kept[n] = float(probabilities[n])
        held += kept[n]
    return [number / sum(kept) for number in kept]


def nucleus_by_count(probabilities, p):
    ordered, order = torch.sort(probabilities, descending=True)
    count = int((ordered.cumsum(0) < p).sum()) + 1
    kept = torch.zeros_like(probabilities)
    kept[order[:count]] = ordered[:count]
    return kept / kept.sum()


def labels_by_where(tokens, asked):
    return torch.where(asked, tokens, -100)


def labels_on_a_copy(tokens, asked):
    answer = tokens.clone()
    answer[~asked] = -100
    return answer


def labels_in_numpy(tokens, asked):
    return np.where(asked.numpy(), tokens.numpy(), -100)


def perplexity_in_loops(surprises, counts):
    whole = sum(s * n for s, n in zip(surprises.tolist(), counts.tolist(), strict=True))
    return math.exp(whole / counts.sum().item())


def perplexity_by_powers(surprises, counts):
    return (surprises.exp() ** (counts / counts.sum())).prod()


def read_and_labels_by_where(tokens, chosen, fate, anything, mask):
    masked, swapped = chosen & (fate < 0.8), chosen & (fate >= 0.8) & (fate < 0.9)
    read = torch.where(masked, mask, torch.where(swapped, anything, tokens))
    return torch.stack([read, torch.where(chosen, tokens, -100)])


def pool_in_loops(states, lengths):
    return [states[b, : int(n)].mean(dim=0) for b, n in enumerate(lengths)]


def pool_by_einsum(states, lengths):
    real = (torch.arange(states.shape[1]) < lengths[:, None]).float()
    return torch.einsum("bte,bt->be", states, real) / real.sum(1, keepdim=True)


def two_before_in_loops(weights):
    last = weights.shape[-1] - 1
    return [sum(w[i, i - 2] for i in range(3, last)) / (last - 3) for w in weights]


def patches_in_loops(image, side):
    _, height, width = image.shape
    return [
        image[:, y : y + side, x : x + side].flatten()
        for y in range(0, height, side)
        for x in range(0, width, side)
    ]


def patches_by_unfold(image, side):
    return F.unfold(image[None].float(), side, stride=side)[0].T


def looked_at_by_topk(weights, count):
    return weights[:, 0, 1:].sum(0).topk(count).indices


def looked_at_in_numpy(weights, count):
    return np.argsort(-weights.numpy().mean(0)[0, 1:])[:count]


def tokens_in_loops(patches, class_token, table):
    return [list(class_token + table[0]), *(list(p + table[n + 1]) for n, p in enumerate(patches))]


def tokens_by_rows(patches, class_token, table):
    tokens = table.clone()
    tokens[0] += class_token
    tokens[1:] += patches
    return tokens


def gates_in_numpy(image, down, up):
    hidden = np.maximum(down.numpy() @ image.numpy().mean((1, 2)), 0)
    return 1 / (1 + np.exp(-(up.numpy() @ hidden)))


def gates_by_flatten(image, down, up):
    squeezed = image.flatten(1).sum(1) / image[0].numel()
    return torch.sigmoid(torch.matmul(up, F.relu(torch.matmul(down, squeezed))))


def pairs_by_formula(length, width):
    width = min(length, width)
    return length * width - width * (width - 1) / 2


def top_k_by_threshold(scores, count):
    lowest = scores.sort(dim=-1, descending=True).values[:, count - 1 : count]
    kept = scores.softmax(dim=-1) * (scores >= lowest)
    return kept / kept.sum(dim=-1, keepdim=True)


def top_k_in_loops(scores, count):
    weights = torch.zeros_like(scores)
    for row, of_query in enumerate(scores):
        best = of_query.topk(count)
        weights[row, best.indices] = best.values.softmax(dim=0)
    return weights


def forbidden_by_difference(weights):
    return weights.sum() - weights.tril().sum()


def forbidden_in_loops(weights):
    rows, columns = weights.shape
    return sum(float(weights[q, k]) for q in range(rows) for k in range(q + 1, columns))


def encoder_sentence_by_sentence(layer, x, allowed):
    found = [
        layer.self_attention(one[None], one[None], seen[None])
        for one, seen in zip(x, allowed, strict=True)
    ]
    middle = layer.norm_1(torch.cat(found) + x)
    return layer.norm_2(layer.feed_forward(middle) + middle)


def decoder_with_triu(layer, x, memory, allowed):
    future = torch.ones(x.shape[1], x.shape[1]).triu(1).bool()
    own = layer.norm_1(layer.self_attention(x, x, ~future[None, None]) + x)
    both = layer.norm_2(own + layer.cross_attention(own, memory, allowed.expand(-1, 4, -1, -1)))
    return layer.norm_3(both + layer.feed_forward(both))


def pre_norm_in_place(layer, x, allowed):
    stream = x.clone()
    stream += layer.self_attention(layer.norm_1(x), layer.norm_1(x), allowed)
    stream += layer.feed_forward(layer.norm_2(stream))
    return stream


def rms_norm_by_torch(x, gain, eps):
    return F.rms_norm(x, gain.shape, gain, eps)


def rms_norm_by_rsqrt(x, gain, eps):
    return x * torch.rsqrt((x**2).mean(-1, keepdim=True) + eps) * gain


def rms_norm_in_numpy(x, gain, eps):
    x = x.numpy()
    return x / np.sqrt(np.mean(x**2, axis=-1, keepdims=True) + eps) * gain.numpy()


def grouped_by_view(query, key, value):
    groups = query.view(key.shape[0], -1, *query.shape[1:])
    weights = (groups @ key[:, None].mT / query.shape[-1] ** 0.5).softmax(dim=-1)
    return (weights @ value[:, None]).flatten(0, 1)


def grouped_by_sdpa(query, key, value):
    return F.scaled_dot_product_attention(query[None], key[None], value[None], enable_gqa=True)[0]


def grouped_in_loops(query, key, value):
    share = len(query) // len(key)
    return [
        ((q @ key[h // share].T) / q.shape[-1] ** 0.5).softmax(-1) @ value[h // share]
        for h, q in enumerate(query)
    ]


def retained_in_parallel(query, key, value, decay):
    place = torch.arange(len(query))
    age = place[:, None] - place
    return torch.where(age >= 0, query @ key.T * decay ** age.clamp(min=0), 0.0) @ value


def retained_in_numpy(query, key, value, decay):
    query, key, value = query.numpy(), key.numpy(), value.numpy()
    state, rows = np.zeros((key.shape[1], value.shape[1])), []
    for q, k, v in zip(query, key, value, strict=True):
        state = decay * state + np.outer(k, v)
        rows.append(state.T @ q)
    return np.array(rows)


def prefixes_by_mask(weights, tokens):
    before = tokens.roll(1)
    before[0] = -1
    keys = (before == tokens[:, None]).tril(-1)
    return (weights * keys).sum(dim=1)[keys.any(dim=1)].mean()


def prefixes_in_numpy(weights, tokens):
    weights, tokens = weights.numpy(), tokens.numpy()
    sums = []
    for i in range(len(tokens)):
        keys = 1 + np.flatnonzero(tokens[: max(i - 1, 0)] == tokens[i])
        if len(keys):
            sums.append(weights[i, keys].sum())
    return np.mean(sums)


def sizes_of_each_pair(weights, value, output):
    carried = torch.einsum("qk,kd,ed->qke", weights, value, output)
    return carried.norm(dim=-1)


def rolled_from_the_last(maps):
    itself = torch.eye(maps.shape[-1]).to(maps)
    return torch.linalg.multi_dot([(one.mean(dim=0) + itself) / 2 for one in maps.flip(0)])


def delta_chunk_in_a_loop(key, value, write, state):
    for k, v, beta in zip(key, value, write, strict=True):
        state = state + torch.outer(k, beta * (v - state.T @ k))
    return state


def delta_chunk_by_reflections(key, value, write, state):
    for k, v, beta in zip(key, value, write, strict=True):
        keep = torch.eye(len(k)).to(k) - beta * torch.outer(k, k)
        state = keep @ state + beta * torch.outer(k, v)
    return state


def averaged_in_parallel(query, key, value):
    weights = torch.tril((F.elu(query) + 1) @ (F.elu(key) + 1).T)
    return weights / weights.sum(dim=-1, keepdim=True) @ value


def averaged_with_a_one(query, key, value):
    value = F.pad(value, (0, 1), value=1.0)
    sums = ((F.elu(query) + 1) @ (F.elu(key) + 1).T).tril() @ value
    return sums[:, :-1] / sums[:, -1:]


def local_linear_by_least_squares(query, keys, values, width):
    answers = []
    for q in query:
        root = torch.exp(-((keys - q) ** 2) / (4 * width**2))
        design = torch.stack((torch.ones_like(keys), keys - q), dim=1)
        solved = torch.linalg.lstsq(root[:, None] * design, (root * values)[:, None])
        answers.append(solved.solution[0, 0])
    return torch.stack(answers)


def local_linear_by_moments(query, keys, values, width):
    away = keys[None] - query[:, None]
    fits = (-(away**2) / (2 * width**2)).exp()
    s0, s1, s2 = (((away**n) * fits).sum(dim=1) for n in range(3))
    t0, t1 = ((away**n * fits) @ values for n in range(2))
    return (s2 * t0 - s1 * t1) / (s2 * s0 - s1**2)


def tiles_in_numpy(scores, values, tile):
    scores, values = scores.numpy(), values.numpy()
    rows = []
    for row in scores:
        largest, total, output = -np.inf, 0.0, np.zeros(values.shape[1])
        for i in range(0, len(row), tile):
            before, largest = largest, max(largest, row[i : i + tile].max())
            weights = np.exp(row[i : i + tile] - largest)
            total = total * np.exp(before - largest) + weights.sum()
            output = output * np.exp(before - largest) + weights @ values[i : i + tile]
        rows.append(output / total)
    return np.array(rows)


def causal_at_once(scores, values, rows, columns):
    future = torch.ones_like(scores).triu(1).bool()
    return scores.masked_fill(future, -torch.inf).softmax(dim=1) @ values


def causal_query_by_query(scores, values, rows, columns):
    return [scores[i, : i + 1].softmax(0) @ values[: i + 1] for i in range(len(scores))]


def merged_two_by_two(outputs, logsumexps):
    output, total = outputs[0], logsumexps[0]
    for other, its in zip(outputs[1:], logsumexps[1:], strict=True):
        both = torch.logaddexp(total, its)
        shares = (total - both).exp(), (its - both).exp()
        output, total = output * shares[0][:, None] + other * shares[1][:, None], both
    return output


def zigzag_by_index(length, processes):
    size = length // (2 * processes)
    inside = torch.arange(size)
    rows = [
        torch.cat((p * size + inside, (2 * processes - 1 - p) * size + inside))
        for p in range(processes)
    ]
    return torch.stack(rows)


def zigzag_by_attnlib(length, processes):
    return places(length, processes, order="zigzag")


def turns_by_search(length, processes, width):
    share = length // processes
    return sum(turn == 0 or turn * share - (share - 1) < width for turn in range(processes))


def causal_ring_by_merging(query, key, value):
    return ring_in_turn(
        *(states.flatten(0, 1)[None, None] for states in (query, key, value)),
        processes=len(query),
        mask=masks.Causal(),
    )[0, 0].view(*query.shape[:2], -1)


def causal_ring_mended(query, key, value):
    processes, share, size = query.shape
    place, outputs = torch.arange(processes * share).view(processes, share), []
    for rank in range(processes):
        scores = [
            (query[rank] @ key[owner].T / size**0.5).masked_fill(
                place[owner] > place[rank][:, None], -torch.inf
            )
            for owner in range(processes)
        ]
        outputs.append(torch.cat(scores, dim=1).softmax(dim=1) @ value.flatten(0, 1))
    return torch.stack(outputs)


def top_k_row_by_row(scores, count):
    chosen = torch.zeros(scores.shape, dtype=torch.bool)
    for i, row in enumerate(scores):
        best = row[: i + 1].topk(min(count, i + 1)).indices
        chosen[i, best] = True
    return chosen


def top_k_by_rank(scores, count):
    seen = torch.ones_like(scores).tril().bool()
    rank = torch.where(seen, scores, -torch.inf).argsort(1, descending=True).argsort(1)
    return (rank < count) & seen


def yarn_in_a_loop(turns, factor, trained_length, slow, fast):
    found = []
    for turn in turns.tolist():
        circles = trained_length * turn / (2 * math.pi)
        keep = min(max((circles - slow) / (fast - slow), 0), 1)
        found.append(keep * turn + (1 - keep) * turn / factor)
    return found


def yarn_by_lerp(turns, factor, trained_length, slow, fast):
    wavelengths = 2 * math.pi / turns
    keep = ((trained_length / wavelengths - slow) / (fast - slow)).clip(0, 1)
    return torch.lerp(turns / factor, turns, keep.to(turns))


def routed_in_loops(query, key, block, count):
    seen = torch.zeros(len(query), len(key), dtype=torch.bool)
    for i, q in enumerate(query):
        own = i // block
        fits = [float(q @ key[b * block : (b + 1) * block].mean(0)) for b in range(own)]
        best = sorted(range(own), key=lambda b: -fits[b])[:count]
        for b in (*best, own):
            seen[i, b * block : (b + 1) * block] = True
        seen[i, i + 1 :] = False
    return seen


OTHER = (
    other_layers.OTHER
    | other_inference.OTHER
    | {
        "chapter_00.DISTANCES": [distances_in_loops, distances_in_numpy, distances_by_cdist],
        "chapter_00.MIX": [mix_by_einsum, mix_by_exponentials, mix_in_loops],
        "chapter_00.FITTED_SLOPE": [
            slope_zeroed_after_the_step,
            slope_by_hand,
            slope_with_a_new_gradient,
        ],
        "chapter_01.SOFT_LOOKUP": [lookup_in_loops, lookup_by_softmax, lookup_in_numpy],
        "chapter_01.RECOGNIZED": [recognized_by_cdist, recognized_in_loops],
        "chapter_01.WHERE_IT_LOOKS": [
            lambda weights: weights.max(dim=1).indices,
            lambda weights: [row.tolist().index(max(row.tolist())) for row in weights],
            lambda weights: np.argmax(weights.numpy(), axis=1),
            lambda weights: weights.topk(1).indices[:, 0],
        ],
        "chapter_02.ADDITIVE_SCORES": [additive_in_loops, additive_by_einsum],
        "chapter_02.ALIGNMENT_ERROR_RATE": [rate_by_counting],
        "chapter_02.CONTEXT_VECTOR": [
            lambda states: states[-1, 0].tolist() + states[0, 1].tolist(),
            lambda states: torch.stack((states[-1, 0], states[0, 1])).flatten(),
            lambda states: np.concatenate((states.numpy()[-1, 0], states.numpy()[0, 1])),
        ],
        "chapter_03.LOOK": [look_by_einsum, look_by_torch, look_in_loops],
        "chapter_03.LOOK_IN_EACH": [
            look_by_torch,
            lambda query, key, value: [
                look_in_loops(*one) for one in zip(query, key, value, strict=True)
            ],
            lambda query, key, value: torch.einsum(
                "bqk,bkd->bqd",
                (torch.einsum("bqd,bkd->bqk", query, key) / math.sqrt(key.size(2))).softmax(2),
                value,
            ),
        ],
        "chapter_04.STABLE_SOFTMAX": [
            softmax_by_logsumexp,
            softmax_in_numpy,
            lambda scores: scores.log_softmax(-1).exp(),
            lambda scores: scores.softmax(-1),
            lambda scores: torch.softmax(scores.double() - scores.double().mean(-1, True), -1),
        ],
        "chapter_04.JACOBIAN": [
            jacobian_in_loops,
            jacobian_by_autograd,
            lambda weights: torch.diag(weights) - torch.outer(weights, weights),
            lambda weights: (torch.eye(len(weights)) - weights) * weights[:, None],
        ],
        "chapter_04.WEIGHTS_AT": [tempered_by_torch, tempered_in_numpy],
        "chapter_05.CAUSAL_AND_PADDING": [causal_and_padding_in_loops, causal_and_padding_by_tril],
        "chapter_05.LOOK_BACK": [back_in_loops, back_by_torch],
        "chapter_06.DECODER_LAYER": [layer_by_torch, layer_in_loops],
        "chapter_05.MAY_ATTEND": [
            attend_in_loops,
            lambda attn_mask, padding: ~attn_mask & ~padding[:, None, None, :],
            lambda attn_mask, padding: (attn_mask | padding[:, None, None]).logical_not(),
            lambda attn_mask, padding: attn_mask.int() + padding[:, None, None].int() == 0,
        ],
        "chapter_05.PREFIX_MASK": [prefix_in_loops, prefix_in_numpy],
        "chapter_06.CROSS_ATTENTION": [cross_by_torch, cross_in_loops],
        "chapter_06.FOLLOWS_THE_ORDER": [follows_by_distance, follows_in_numpy],
        "chapter_07.SPLIT": [split_by_stack, split_by_unflatten, split_in_numpy],
        "chapter_07.JOIN": [join_by_cat, join_by_einsum, join_in_numpy],
        "chapter_07.SILENCE": [silence_on_a_copy],
        "chapter_07.SHARE": [share_by_index, share_by_expand],
        "chapter_08.WAVES": [waves_in_loops],
        "chapter_08.LINES": [lines_without_a_sign, lines_with_the_future_hidden],
        "chapter_08.TURN_HALF": [turn_half_by_attnlib, turn_half_by_complex_numbers],
        "chapter_08.TURN": [turn_by_complex_numbers, turn_in_loops],
        "chapter_09.LAYER_NORM": [norm_by_torch, norm_by_var, norm_in_loops],
        "chapter_09.ENCODER_LAYER": [encoder_sentence_by_sentence],
        "chapter_09.DECODER_LAYER": [decoder_with_triu],
        "chapter_09.PRE_NORM_LAYER": [pre_norm_in_place],
        "chapter_09.READ_AND_PREDICT": [
            lambda words: [words[:-1], words[1:]],
            lambda words: tuple(map(list, zip(*itertools.pairwise(words), strict=True))),
            lambda words: (tuple(words[:-1]), tuple(words[1:])),
            lambda words: np.array([words[:-1], words[1:]]),
            lambda words: ([w for w in words if w != "<eos>"], [w for w in words if w != "<bos>"]),
        ],
        "chapter_10.SURPRISE": [surprise_by_gather, surprise_in_loops, surprise_by_transpose],
        "chapter_10.INDUCTION": [induction_in_loops, induction_by_diagonal],
        "chapter_10.PERPLEXITY_OF_WINDOWS": [perplexity_in_loops, perplexity_by_powers],
        "chapter_11.READ_AND_LABELS": [read_and_labels_by_where],
        "chapter_10.NUCLEUS": [nucleus_in_loops, nucleus_by_count],
        "chapter_11.LABELS": [labels_by_where, labels_on_a_copy, labels_in_numpy],
        "chapter_11.POOL": [pool_in_loops, pool_by_einsum],
        "chapter_11.TWO_BEFORE": [two_before_in_loops],
        "chapter_12.PATCHES": [patches_in_loops, patches_by_unfold],
        "chapter_12.LOOKED_AT": [looked_at_by_topk, looked_at_in_numpy],
        "chapter_12.TOKENS_OF": [tokens_in_loops, tokens_by_rows],
        "chapter_12.CHANNEL_GATES": [gates_in_numpy, gates_by_flatten],
        "chapter_13.GROUPED": [grouped_by_view, grouped_by_sdpa, grouped_in_loops],
        "chapter_13.RMS_NORM": [rms_norm_by_torch, rms_norm_by_rsqrt, rms_norm_in_numpy],
        "chapter_16.CAUSAL_TOP_K": [top_k_row_by_row, top_k_by_rank],
        "chapter_16.YARN_TURNS": [yarn_in_a_loop, yarn_by_lerp],
        "chapter_16.ROUTED": [routed_in_loops],
        "chapter_17.RETAINED": [retained_in_parallel, retained_in_numpy],
        "chapter_17.DELTA_CHUNK": [delta_chunk_in_a_loop, delta_chunk_by_reflections],
        "chapter_17.AVERAGED": [averaged_in_parallel, averaged_with_a_one],
        "chapter_17.LOCAL_LINEAR": [local_linear_by_least_squares, local_linear_by_moments],
        "chapter_14.IN_TILES": [
            lambda scores, values, tile: scores.softmax(dim=1) @ values,
            tiles_in_numpy,
        ],
        "chapter_14.CAUSAL_IN_TILES": [causal_at_once, causal_query_by_query],
        "chapter_14.MERGED": [
            lambda outputs, logsumexps: torch.einsum("sqd,sq->qd", outputs, logsumexps.softmax(0)),
            merged_two_by_two,
        ],
        "chapter_18.ZIGZAG": [zigzag_by_index, zigzag_by_attnlib],
        "chapter_18.TURNS": [turns_by_search],
        "chapter_18.CAUSAL_RING": [causal_ring_by_merging, causal_ring_mended],
        "chapter_18.LOCAL_LOSSES": [
            lambda sums, tokens: sums / tokens.double().mean(),
            lambda sums, tokens: (sums / tokens) * (tokens / tokens.sum()) * len(tokens),
        ],
        "chapter_19.PREFIX_MATCHING": [prefixes_by_mask, prefixes_in_numpy],
        "chapter_19.SIZES": [sizes_of_each_pair],
        "chapter_19.ROLLED_OUT": [rolled_from_the_last],
        "chapter_20.WINDOW_PAIRS": [pairs_by_formula],
        "chapter_20.TOP_K_WEIGHTS": [top_k_by_threshold, top_k_in_loops],
        "chapter_20.FORBIDDEN": [forbidden_by_difference, forbidden_in_loops],
    }
)

FORMS = {
    "as a numpy array": lambda out: out.numpy(),
    "as a list": lambda out: out.tolist(),
    "as a tuple": lambda out: tuple(out.tolist()) if out.dim() else out.item(),
    "as a tuple of tensors": lambda out: out.unbind() if out.dim() else out,
    "in another layout": lambda out: out.mT.contiguous().mT if out.dim() > 1 else out.clone(),
}
FLOATS = {
    "in float64": Tensor.double,
    "in float32": Tensor.float,
    "with a gradient": lambda out: out.clone().requires_grad_(),
}
WHOLE = {"in int32": Tensor.int}


def wrapped(solution, example):
    """The solution with its answer in another form, each named."""
    forms = FORMS | (
        FLOATS if example.is_floating_point() else {} if example.dtype == torch.bool else WHOLE
    )
    for name, change in forms.items():
        yield name, lambda *args, c=change: c(tensor_of(solution(*args)))
    yield "computed in float64", lambda *args: solution(*map(_doubled, args))


def _doubled(value):
    floating = isinstance(value, Tensor) and value.is_floating_point()
    return value.double() if floating else value


def by_hand(answer):
    """The right answer in another form, each named."""
    if isinstance(answer, dict):
        for name, change in {"as floats": float, "as text": str, "as numpy": np.float64}.items():
            yield name, {key: change(value) for key, value in answer.items()}
        return
    if isinstance(answer, str):
        yield from {form: form for form in (answer.upper(), f" {answer} ", f"{answer}.")}.items()
        return
    if isinstance(answer, list):
        yield "as a tuple", tuple(answer)
        yield "as a list of tensors", list(torch.tensor(answer))
    for name, change in {"as floats": float, "as text": str, "as fractions": Fraction}.items():
        parts = answer if isinstance(answer, list) else [answer]
        changed = [change(part) for part in parts]
        yield name, changed if isinstance(answer, list) else changed[0]
    if not isinstance(answer, list):
        yield "as a decimal", Decimal(answer)
        yield "in a list", [answer]
        yield "as a numpy number", np.float64(answer)
    yield "as a tensor", torch.tensor(answer)
    yield "as a numpy array", np.array(answer)
    yield "in float64", torch.tensor(answer, dtype=torch.float64)
