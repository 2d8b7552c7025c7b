"""A few labels are enough for a network that has read: is the sentence about an animal or a person?

Lessons name one of eight nouns. The test names nouns that no lesson had, which only a network that
has met them elsewhere can tell apart.
"""

import copy
from collections.abc import Mapping, Sequence

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn

from attnlib.models.bert import Bert
from course.data.translation import Pair
from course.reading.blanks import Reader, untrained
from course.reading.train_masked_words import SIZES

ANIMAL, PERSON = 0, 1
LESSON = dict.fromkeys(("cat", "dog", "horse", "cow"), ANIMAL) | dict.fromkeys(
    ("boy", "girl", "man", "woman"), PERSON
)
NEW = dict.fromkeys(
    ("bird", "rabbit", "duck", "turtle", "fox", "bear", "owl", "mouse"), ANIMAL
) | dict.fromkeys(
    ("king", "queen", "student", "doctor", "baker", "child", "friend", "neighbor"), PERSON
)
LONGEST = 12  # words
STEPS = 60
BATCH_SIZE = 32
FROZEN_STEPS = 300  # of the output layer alone, until it learns no more

Example = tuple[Sequence[str], int]


def examples(pairs: Sequence[Pair], nouns: Mapping[str, int], count: int) -> list[Example]:
    """The first short sentences that name one of these nouns, and no other; half of each kind."""
    found: tuple[list[Example], list[Example]] = ([], [])
    for pair in pairs:
        named = {word for word in pair.source if word in LESSON or word in NEW}
        if len(pair.source) <= LONGEST and len(named) == 1 and (noun := named.pop()) in nouns:
            found[nouns[noun]].append((pair.source, nouns[noun]))
    return found[ANIMAL][: count // 2] + found[PERSON][: count // 2]


class Judge(nn.Module):
    """The mean state of a sentence's words, and one linear layer: two logits."""

    def __init__(self, bert: Bert) -> None:
        super().__init__()
        self.bert = bert
        self.head = nn.Linear(bert.words.embedding_dim, 2)

    def pooled(
        self, tokens: Int[Tensor, "B T"], lengths: Int[Tensor, " B"]
    ) -> Float[Tensor, "B E"]:
        """Without the special tokens at both ends."""
        places = torch.arange(tokens.shape[1])
        words = ((places > 0) & (places < lengths[:, None] - 1))[:, :, None]
        return (self.bert(tokens, lengths) * words).sum(dim=1) / words.sum(dim=1)

    def forward(
        self, tokens: Int[Tensor, "B T"], lengths: Int[Tensor, " B"]
    ) -> Float[Tensor, "B 2"]:
        return self.head(self.pooled(tokens, lengths))


def start(reader: Reader, how: str) -> Bert:
    """The reader's own network, or one of the same sizes that has read nothing."""
    if how == "from scratch":
        return untrained(reader.vocabulary, SIZES).model.bert
    return copy.deepcopy(reader.model.bert)


def taught(reader: Reader, lessons: Sequence[Example], how: str, *, seed: int) -> Judge:
    """Trained on the lessons: "from scratch", "frozen" (the new layer alone) or "fine-tuned"."""
    torch.manual_seed(seed)
    judge = Judge(start(reader, how))
    judge.train(how != "frozen")  # dropout, where the network itself learns
    tokens, lengths = reader.batch([words for words, _ in lessons])
    labels = torch.tensor([label for _, label in lessons])
    if how == "frozen":
        features = judge.pooled(tokens, lengths).detach()
        optimizer = torch.optim.Adam(judge.head.parameters(), lr=1e-2)
    else:
        optimizer = torch.optim.Adam(judge.parameters(), lr=1e-3)
    for _ in range(FROZEN_STEPS if how == "frozen" else STEPS):
        some = torch.randint(len(lessons), (BATCH_SIZE,))
        frozen = how == "frozen"
        logits = judge.head(features[some]) if frozen else judge(tokens[some], lengths[some])
        loss = F.cross_entropy(logits, labels[some])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return judge.eval()


@torch.no_grad()
def share_right(judge: Judge, reader: Reader, test: Sequence[Example]) -> float:
    """How many of the test's sentences the judge tells right."""
    logits = judge(*reader.batch([words for words, _ in test]))
    return (
        (logits.argmax(dim=1) == torch.tensor([label for _, label in test])).double().mean().item()
    )
