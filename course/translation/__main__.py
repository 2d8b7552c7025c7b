"""Measure every translator anew on held-out sentences, and print: python -m course.translation."""

import sys
from argparse import ArgumentParser
from collections.abc import Sequence

import torch

from course._console import speak_utf8
from course.checkpoints import details
from course.data.translation import Pair, load
from course.translation import pretrained
from course.translation.alignment import alignment_error_rate, diagonal_links, hit_rate
from course.translation.evaluation import EXAMPLE, measure


def main(words: Sequence[str]) -> None:
    parser = ArgumentParser(prog="python -m course.translation", description=__doc__)
    parser.parse_args(words)
    torch.set_num_threads(1)
    corpus = load()
    diagonal = [diagonal_links(pair) for pair in corpus.test]
    print(f"{len(corpus.test)} test sentences of 3 to 24 words, {len(corpus.longer)} longer ones")
    print(f"alignment of the diagonal: {_alignment(diagonal, corpus.test)}\n")
    for name in pretrained.names():
        translator = pretrained.load(name)
        metrics = measure(translator, corpus)
        print(f"{name}, {details(name)['parameters']:,} parameters")
        print(f"  exact: {metrics['exact']:.2%} of the test sentences; by source length:")
        lengths = metrics["exact_by_length"]
        print("   " + "".join(f"{bucket:>8}" for bucket in lengths))
        print("   " + "".join(f"{share:8.1%}" for share in lengths.values()))
        if "alignment" in metrics:
            found = metrics["alignment"]
            print(
                f"  alignment: hit rate {found['hit_rate']:.2%}, error rate "
                f"{found['error_rate']:.2%}, in {found['layer']}, heads {found['heads']}"
            )
        print(f"  {EXAMPLE} → {metrics['example'][EXAMPLE]}\n")


def _alignment(found: Sequence[set[tuple[int, int]]], pairs: Sequence[Pair]) -> str:
    hits, errors = hit_rate(found, pairs), alignment_error_rate(found, pairs)
    return f"hit rate {hits:.2%}, error rate {errors:.2%}"


if __name__ == "__main__":
    speak_utf8()
    main(sys.argv[1:])
