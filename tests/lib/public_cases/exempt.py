"""What has no case of its own, and why."""

from native import BUILT

# Packages and modules of which nothing is asked: they take no tensors from a reader.
APART = {
    "checks": "the checks themselves: every refusal below is theirs",
}

# Single names; * stands for anything. Of `models` only the whole models are asked for a case.
SINGLE = {
    "Attended.*": "what attention returns, made from arguments it has checked",
    "caches.Cache.update": "a protocol: what it says is asked of KVCache and PagedKVCache",
    "scores.Score": "a protocol",
    "precision.*": "takes tensors of any kind and shape",
    "normalizers.Normalizer": "a protocol",
    "kernels.Kernel": "a protocol",
    "dispatch.choose": "the choice inside attention, after its checks; `explain` shows it",
    "kernels.no_keys": "a step inside the kernels",
    "kernels.triton": "runs on a GPU, or interpreted; tests/lib/test_triton.py",
    "masks.Rule": "a function of places, which Mask.dense calls; tests/lib/test_masks.py",
    "masks.*.rule": "a rule about places, which Mask.dense makes; tests/lib/test_masks.py",
    "masks.Grid.move": "what a mask holds, moved; every mask's case runs it",
    "masks.Mask.dense": "numbers alone; tests/lib/test_masks.py",
    "masks.as_mask": "a mask as every function takes it; tests/lib/test_masks.py",
    "masks.BigBird.blocks": "numbers alone; tests/lib/test_masks.py",
    "caches.*.select": "takes the numbers of rows alone; tests/lib/test_cache.py",
    "caches.Entries.*": "parts of a cache; tests/lib/oracles/test_compressed.py",
    "sparse.*.GatedWindows.go_on": "takes parts of a cache, as above",
    "vision.tiles.check_image": "a check of every layer over images, whose cases run it",
    "caches.PagedKVCache.gather": "takes nothing: what the cache holds",
    "vision.WindowAttention.bias": "takes nothing: what its table says",
    "course.digits.networks.WindowLayer": "a part of Swin, whose case runs it",
    "course.language.today.Block": "a part of Today, whose case runs it",
    "course.language.today.Gelu": "a part of Today",
    "course.language.today.SwiGLU": "a part of Today",
    "inspect.induction.*": "runs a model over tokens; tests/course/test_induction.py",
    "inspect.explore": "runs a model over tokens; tests/lib/test_head_scores.py",
    "inspect.Heads.rows": "what a model has looked at; tests/lib/test_head_scores.py",
    "inspect.head_scores.on_*": "steps of the scores, per query",
    "inspect.head_scores.entropy_of": "a step of the scores, per query",
    "inspect.norm_weights": "takes what attention returns; tests/lib/test_maps_weighed.py",
    "inspect.*gradient*": "takes a model's answer; tests/lib/test_maps_weighed.py",
    "inspect.record_heads": "takes a model; tests/lib/test_patching.py",
    "inspect.heads_patched": "takes a model; tests/lib/test_patching.py",
    "parallel.ring.meet": "a step of ring_attention, after its checks",
    "parallel.ring.nothing_seen": "a step of ring_attention, after its checks",
    "parallel.places": "numbers alone; tests/lib/test_distributed.py",
    "parallel.RingAttend": "ring_attention, whose case checks it, as a part of a model",
    "models.*.Layer": "a part of a model, which checks what it reads",
    "models.*.*Layer": "a part of a model, which checks what it reads",
    "models.*.FeedForward": "a part of a model",
    "models.llama.SwiGLU": "a part of a model",
    "models.transformer.Embedding": "a part of a model, which checks what it reads",
    "models.transformer.Residual": "a part of a model",
    "models.position_schemes.*": "parts of a model, made of what stands in `positions`",
    "models.rnn_encoder.Encoder": "a part of RecurrentTranslator, whose case runs it",
    "models.rnn_decoders.*Decoder": "a part of RecurrentTranslator, whose cases run each",
    "models.rnn_decoders.CrossAttention": "a part of RecurrentTranslator, whose cases run it",
}
if not BUILT:
    SINGLE["kernels.native"] = "needs a C compiler, which is not here"
