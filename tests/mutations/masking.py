"""Masks: how often they are laid, what they promise, and what a bias of −∞ hides."""

from mutations.mutation import Mutation

LAYING = "tests/lib/test_laying.py"
MASKS = "tests/lib/test_masks.py"

MASKING = [
    Mutation(
        "a bias of −∞ beside a mask",
        "attnlib/masks/_laying.py",
        "else allowed & unhidden",
        "else allowed",
        LAYING,
    ),
    Mutation(
        "a bias of −∞ alone",
        "attnlib/masks/_laying.py",
        "unhidden if allowed is None",
        "None if allowed is None",
        LAYING,
    ),
    Mutation(
        "a bias of −∞ in a block",
        "attnlib/kernels/_blocks.py",
        "seen = visible(allowed, bias)",
        "seen = allowed",
        LAYING,
    ),
    Mutation(
        "who sees itself under two masks",
        "attnlib/masks/mask.py",
        "self.left.sees_itself() and self.right.sees_itself()",
        "self.left.sees_itself() or self.right.sees_itself()",
        MASKS,
    ),
    Mutation(
        "who sees itself under either mask",
        "attnlib/masks/mask.py",
        "return self.left.sees_itself() or self.right.sees_itself()",
        "return True",
        MASKS,
    ),
    Mutation(
        "the reach of either mask",
        "attnlib/masks/mask.py",
        "return range(min(one.start, other.start), max(one.stop, other.stop))",
        "return one",
        MASKS,
    ),
    Mutation(
        "the reach of a band, behind",
        "attnlib/masks/mask.py",
        "places.start - int(band.before)",
        "places.start - int(band.before) + 1",
        MASKS,
    ),
    Mutation(
        "the reach of a band, ahead",
        "attnlib/masks/mask.py",
        "places.stop + int(band.after)",
        "places.stop + int(band.after) - 1",
        MASKS,
    ),
    Mutation(
        "the reach of a chunk",
        "attnlib/masks/chunk.py",
        "-(-places.stop // self.size)",
        "(places.stop // self.size)",
        MASKS,
    ),
    Mutation(
        "the reach of a dilated window",
        "attnlib/masks/dilated.py",
        "(self.width - 1) * self.step",
        "(self.width - 1)",
        MASKS,
    ),
    Mutation(
        "the band of two bands",
        "attnlib/masks/mask.py",
        "Band(min(one.before, other.before), min(one.after, other.after))",
        "Band(max(one.before, other.before), min(one.after, other.after))",
        MASKS,
    ),
    Mutation(
        "right padding and several new tokens",
        "attnlib/masks/mask.py",
        "if rule.reads_places() and padding.pads_right(grid.key_length):",
        "if False:",
        MASKS,
    ),
    Mutation(
        "a mask laid again",
        "attnlib/masks/_laying.py",
        "        self.whole = _laid(",
        "        return _laid(",
        LAYING,
    ),
    Mutation(
        "a layer's mask laid again",
        "attnlib/heads/multi_head.py",
        "        mask = laid_once(mask)\n",
        "",
        LAYING,
    ),
    Mutation(
        "a tensor's mask kept",
        "attnlib/masks/mask.py",
        'so that a laid one may be kept."""\n        return False',
        'so that a laid one may be kept."""\n        return True',
        LAYING,
    ),
    Mutation(
        "a mask kept from inference",
        "attnlib/masks/_laying.py",
        "torch.inference_mode(False)",
        "torch.inference_mode(torch.is_inference_mode_enabled())",
        LAYING,
    ),
    Mutation(
        "a scale below 0 in the fused causal kernel",
        "attnlib/kernels/_sdpa.py",
        "bias is None and square and scale > 0",
        "bias is None and square",
        LAYING,
    ),
    Mutation(
        "a query of NaN without keys",
        "attnlib/kernels/_sdpa.py",
        "elif key_length == 0:",
        "elif False:",
        LAYING,
    ),
    Mutation(
        "autocast: the output's type",
        "attnlib/_attention.py",
        "dtype = autocast_to(query)",
        "dtype = None",
        LAYING,
    ),
    Mutation(
        "autocast: the scores' digits",
        "attnlib/scores/dot_products.py",
        "    with no_autocast(query):",
        "    if True:",
        LAYING,
    ),
]
