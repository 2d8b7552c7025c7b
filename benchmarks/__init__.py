"""attnlib beside its peers, in one run: `make bench`, or `python -m benchmarks windows decoding`.

A case is one question ("causal, T = 512") with one answer each from attnlib and from its peers.
They take turns, so that whatever else the machine does slows all of them alike; what counts is the
median of the ratios of neighbors in time. Before the clock starts, all must have given the same
answer.
"""
