"""Layers to build and train, in other idioms than the exercises' own solutions."""

import math

import torch
from torch import nn
from torch.nn import functional as F

from attnlib.linear import delta
from course.exercises import looking_up
from course.exercises.training_look_up import Look


class LookByTorch(Look):
    def forward(self, asking, told):
        q, k, v = self.query(asking), self.key(told), self.value(told)
        return F.scaled_dot_product_attention(q, k, v)


class LookWithBiases(nn.Module):
    def __init__(self, size):
        super().__init__()
        self.query, self.key, self.value = (nn.Linear(size, size) for _ in range(3))

    def forward(self, asking, told):
        scores = torch.bmm(self.query(asking), self.key(told).transpose(1, 2))
        return F.softmax(scores / math.sqrt(scores.new_tensor(16.0)), 2) @ self.value(told)


class AdditiveWordByWord(nn.Module):
    def __init__(self, size):
        super().__init__()
        self.query, self.key = nn.Linear(size, 32), nn.Linear(size, 32, bias=False)
        self.combine = nn.Linear(32, 1)

    def forward(self, asking, told):
        scores = [
            self.combine(torch.tanh(self.query(asking) + self.key(word)[:, None]))
            for word in told.unbind(1)
        ]
        weights = F.softmax(torch.cat(scores, dim=2), dim=2)
        return torch.einsum("bqk,bke->bqe", weights, told)


class DeltaByAttnlib(nn.Module):
    def __init__(self, size):
        super().__init__()
        self.query, self.key, self.value = (nn.Linear(size, size) for _ in range(3))
        self.write = nn.Linear(size, 1, bias=False)

    def forward(self, asking, told):
        key = F.normalize(self.key(told), dim=-1)[:, None]
        write = self.write(told).sigmoid().transpose(1, 2)
        _, state = delta.recurrent(key, key, self.value(told)[:, None], write)
        return F.normalize(self.query(asking), dim=-1) @ state[:, 0]


class DeltaByErasing(DeltaByAttnlib):
    """S ← (I − β k kᵀ) S + β k vᵀ."""

    def forward(self, asking, told):
        key, value = self.key(told), self.value(told)
        key = key / key.norm(dim=-1, keepdim=True)
        query = self.query(asking)
        query = query / query.norm(dim=-1, keepdim=True)
        write = torch.sigmoid(self.write(told))
        state = torch.zeros(len(told), key.shape[-1], key.shape[-1])
        for t in range(told.shape[1]):
            k, v, beta = key[:, t, :, None], value[:, t, None], write[:, t, :, None]
            state = (torch.eye(key.shape[-1]) - beta * k @ k.mT) @ state + beta * k @ v
        return torch.einsum("bqd,bdv->bqv", query, state)


class DifferentialInTwoReadings(nn.Module):
    def __init__(self, size):
        super().__init__()
        self.query_1, self.query_2, self.key_1, self.key_2 = (
            nn.Linear(size, size) for _ in range(4)
        )
        self.value = nn.Linear(size, size)
        self.share = nn.Parameter(torch.zeros(1))

    def forward(self, asking, told):
        v = self.value(told)
        first = F.scaled_dot_product_attention(self.query_1(asking), self.key_1(told), v)
        second = F.scaled_dot_product_attention(self.query_2(asking), self.key_2(told), v)
        return first - self.share * second


def training(kind, optimizer, rate, steps=200):
    """A function that trains such a layer."""

    def trained():
        torch.manual_seed(1)
        model = looking_up.LookUp(kind(16))
        moves = optimizer(model.parameters(), lr=rate)
        for step in range(steps):
            names, digits, asked, answers = looking_up.draw_games(64, seed=7 + step)
            F.cross_entropy(model(names, digits, asked), answers).backward()
            moves.step()
            moves.zero_grad()
        return model

    return trained


OTHER = {
    "chapter_02.ADDITIVE_LOOK_UP": [training(AdditiveWordByWord, torch.optim.AdamW, 0.02)],
    "chapter_03.LOOK_UP": [
        training(LookByTorch, torch.optim.AdamW, 0.02, steps=100),
        training(LookWithBiases, torch.optim.RMSprop, 0.005),
    ],
    "chapter_17.DELTA_LOOK_UP": [
        training(DeltaByAttnlib, torch.optim.AdamW, 0.01),
        training(DeltaByErasing, torch.optim.Adam, 0.01),
    ],
    "chapter_20.DIFFERENTIAL_LOOK_UP": [
        training(DifferentialInTwoReadings, torch.optim.AdamW, 0.02)
    ],
}
