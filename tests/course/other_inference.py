"""Right answers in other idioms to the exercises of chapter 15; `other_idioms` joins them."""

import numpy as np
import torch


def seen_in_loops(ring, length, chunk):
    width = len(ring)
    rows = [ring[p % width] for p in range(length) if p > length - width]
    return torch.stack([*rows, *chunk])


def seen_by_roll(ring, length, chunk):
    ordered = ring.roll(-(length % len(ring)), 0)[1:]
    return torch.cat((ordered[max(0, len(ring) - 1 - length) :], chunk))


def quantized_in_numpy(states):
    x = states.numpy()
    scale = np.abs(x).max(axis=1, keepdims=True) / 127
    return np.round(x / np.where(scale == 0, 1, scale)) * scale


def outcome_in_loops(p, q):
    more = [max(0.0, float(a - b)) for a, b in zip(p, q, strict=True)]
    table = []
    for i in range(len(p)):
        stays = min(1.0, float(p[i] / q[i]))
        row = [(1 - stays) * one / sum(more) for one in more]
        row[i] += stays
        table.append(row)
    return torch.tensor(table)


def kept_in_a_loop(p, q, words, chances):
    for i, word in enumerate(words):
        if not chances[i] < p[i, word] / q[i, word]:
            return i
    return len(words)


OTHER = {
    "chapter_15.SEEN": [seen_in_loops, seen_by_roll],
    "chapter_15.QUANTIZED": [quantized_in_numpy],
    "chapter_15.OUTCOME": [outcome_in_loops],
    "chapter_15.KEPT": [kept_in_a_loop],
}
