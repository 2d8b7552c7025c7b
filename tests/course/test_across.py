"""One GPT over several processes: the same losses as alone, and a clear end where one is lost."""

import re
import subprocess
import sys

import pytest
import torch
import torch.distributed as dist
from environment import ROOT

from attnlib.parallel import head_parallel_attention, ring_attention
from course.across import counted, together
from course.across.__main__ import main


def torchrun(processes, *words):
    command = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", str(processes)]
    return subprocess.run(
        [*command, "-m", "course.across", *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
    )


def test_all_ways_train_to_the_losses_of_one_process():
    done = torchrun(4, "--steps", "3")
    assert done.returncode == 0, done.stderr
    apart = dict(re.findall(r"(\w+) +is apart from alone by at most (\S+)", done.stdout))
    assert list(apart) == ["ddp", "fsdp", "ring", "zigzag", "both"]
    assert all(float(number) < 1e-12 for number in apart.values())
    losses = re.findall(r"^ +\d+ +(\S+)", done.stdout, re.MULTILINE)
    assert len(losses) == 3 and float(losses[2]) < float(losses[0])


def test_a_lost_process_ends_the_run_and_is_named():
    done = torchrun(2, "--ways", "zigzag", "--lose", "1")
    assert done.returncode != 0
    assert "apart from alone" not in done.stdout
    assert "Signal 9 (SIGKILL)" in done.stderr and "rank      : 1 " in done.stderr


def test_without_torchrun_the_right_line_is_told(capsys, monkeypatch):
    monkeypatch.delenv("WORLD_SIZE", raising=False)
    with pytest.raises(SystemExit) as ended:
        main([])
    assert ended.value.code == 2
    assert "torchrun --nproc-per-node 4 -m course.across" in capsys.readouterr().err


def sums(rank, processes):
    """What a fork gets from all, and how much it sends in two kinds of attention."""
    total = torch.tensor(rank + 1.0)
    dist.all_reduce(total)
    states = torch.zeros(1, 2, 4, 8)
    found = {"total": total, "rank": rank}
    for name, attend in {"ring": ring_attention, "heads": head_parallel_attention}.items():
        with counted() as sent:
            attend(states, states, states)
        found[name] = [sent.bytes, sent.messages]
    return found


def test_forks_share_a_group_and_what_they_send_is_counted():
    found = together(sums, 2)
    assert [one["rank"] for one in found] == [0, 1]
    assert all(one["total"] == 3 for one in found)
    states = 4 * 2 * 4 * 8  # bytes of one of query, key, value
    assert all(one["ring"] == [2 * states, 2] for one in found)  # key and value, once
    assert all(one["heads"] == [4 * states // 2, 4] for one in found)  # half of each, and output


def test_a_fork_that_fails_says_so():
    def work(rank, processes):
        raise KeyError("no such thing")

    with pytest.raises(Exception, match="no such thing"):
        together(work, 2)
