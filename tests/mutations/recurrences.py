"""Faults in what the recurrent forms share: gates, heads, states, and the Performer's scales."""

from mutations.mutation import Mutation

FORMS = "tests/lib/oracles/test_linear_forms.py"
TAKEN = "tests/lib/oracles/test_linear_inputs.py"
APPROXIMATE = "tests/lib/oracles/test_approximate.py"
INPUTS = "attnlib/linear/_inputs.py"
MODELS = "tests/lib/oracles/test_linear_transformers.py"
FLA = "tests/lib/oracles/test_linear_fla.py"
PERFORMER = "attnlib/linear/performer.py"

RECURRENCES = [
    Mutation(
        "recurrences: a log decay above 0 is taken",
        INPUTS,
        '"log_decay": ("at most 0", lambda gate: gate > 0)',
        '"log_decay": ("at most 0", lambda gate: gate > 1)',
        TAKEN,
    ),
    Mutation(
        "recurrences: a decay of 0 is taken",
        INPUTS,
        "(gate <= 0) | (gate > 1)",
        "(gate < 0) | (gate > 1)",
        TAKEN,
    ),
    Mutation(
        "recurrences: the largest write is refused",
        INPUTS,
        '"write": ("from 0 to 2", lambda gate: (gate < 0) | (gate > 2))',
        '"write": ("from 0 to 2", lambda gate: (gate < 0) | (gate >= 2))',
        TAKEN,
    ),
    Mutation(
        "recurrences: values are looked at under vmap",
        INPUTS,
        "except RuntimeError:",
        "except KeyError:",
        TAKEN,
    ),
    Mutation(
        "recurrences: shared heads are no neighbors",
        INPUTS,
        "repeat_heads(tensor, most) for",
        "tensor.repeat(1, most // tensor.shape[1], *[1] * (tensor.dim() - 2)) for",
        TAKEN,
    ),
    Mutation(
        "recurrences: a state of 16 bits is taken",
        INPUTS,
        "if state.dtype != key.dtype:",
        "if False:",
        TAKEN,
    ),
    Mutation(
        "recurrences: a gate of another precision is cut down",
        INPUTS,
        "if (values.dtype == torch.float64) != (query.dtype == torch.float64):",
        "if False:",
        TAKEN,
    ),
    Mutation(
        "recurrences: RWKV's chunk may be any number",
        "attnlib/linear/rwkv.py",
        "    check_chunk(chunk)\n",
        "",
        TAKEN,
    ),
    Mutation(
        "recurrences: a matrix for what has one per channel",
        "attnlib/linear/_effective_weights.py",
        "if getattr(plain, MARK, False):",
        "if False:",
        FORMS,
    ),
    Mutation(
        "recurrences: a partial form hides its mark",
        "attnlib/linear/_effective_weights.py",
        'getattr(form, "func", form)',
        "form",
        FORMS,
    ),
    Mutation(
        "Based: the square counts in full",
        "attnlib/linear/taylor.py",
        "/ 2**0.5",
        "/ 1",
        FLA,
    ),
    Mutation(
        "Mamba: what is written is not scaled by the step",
        "attnlib/linear/mamba.py",
        "(v.mT * d)",
        "v.mT",
        MODELS,
    ),
    Mutation(
        "Mamba-3: the last token is written without its decay",
        "attnlib/linear/mamba3.py",
        "step * g.exp() * v_before",
        "step * v_before",
        MODELS,
    ),
    Mutation(
        "mLSTM: the denominator may be as small as it likes",
        "attnlib/linear/mlstm.py",
        "torch.maximum(sums[..., -1:].abs(), (-log_scale).exp())",
        "sums[..., -1:].abs()",
        MODELS,
    ),
    Mutation(
        "MesaNet: the ridge is forgotten",
        "attnlib/linear/mesa.py",
        "keys + torch.diag_embed(ridge).unsqueeze(2)",
        "keys + torch.diag_embed(ridge.clamp(max=0.1)).unsqueeze(2)",
        FLA,
    ),
    Mutation(
        "Titans: a token reads the memory that it makes",
        "attnlib/linear/titans.py",
        "before = torch.cat((start, shares[:, :, :-1]), dim=2)",
        "before = shares",
        FLA,
    ),
    Mutation(
        "performer: the sums keep an old scale",
        PERFORMER,
        "        scales[:, :, :-1] - log_scale,\n",
        "        torch.zeros_like(log_scale),\n",
        FORMS,
    ),
    Mutation(
        "performer: the query without the keys' scale",
        PERFORMER,
        "_ratios(log_q + log_scale)",
        "_ratios(log_q)",
        APPROXIMATE,
    ),
    Mutation(
        "performer: features underflow",
        PERFORMER,
        "return (logarithm - _largest(logarithm, dim=-1)).exp()",
        "return logarithm.exp()",
        APPROXIMATE,
    ),
    Mutation(
        "performer: its state forgets the scale",
        PERFORMER,
        "Scaled(sums, log_scale[:, :, -1])",
        "Scaled(sums, log_scale[:, :, 0])",
        FORMS,
    ),
    Mutation(
        "cosFormer: its full state counts no tokens",
        "attnlib/linear/cosformer.py",
        "Progress(sums, key.shape[2])",
        "Progress(sums, 0)",
        FORMS,
    ),
    Mutation(
        "AFT: a hidden query reaches the gradients",
        "attnlib/linear/attention_free.py",
        "blank_unseen(q, allowed.mT), ",
        "q, ",
        "tests/lib/test_every_public_function.py",
    ),
    Mutation(
        "Gated DeltaNet-2: it erases what it writes with",
        "attnlib/linear/gated_delta_2.py",
        "return q, k, w * v, b * k, g",
        "return q, k, w * v, k, g",
        FLA,
    ),
    Mutation(
        "Comba: the query keeps the newest key",
        "attnlib/linear/comba.py",
        "return q - d * k, k,",
        "return q, k,",
        FLA,
    ),
    Mutation(
        "DeltaProduct: it forgets at its last step",
        "attnlib/linear/delta_product.py",
        "laid.unsqueeze(3), (0, 0, 0, count - 1)",
        "laid.unsqueeze(3), (0, 0, count - 1, 0)",
        FLA,
    ),
    Mutation(
        "RWKV-6: a token reads itself without its bonus",
        "attnlib/linear/rwkv6.py",
        "(q * u * k).sum",
        "(q * k).sum",
        FLA,
    ),
    Mutation(
        "RWKV-7: the removal key asks what has faded",
        "attnlib/linear/rwkv7.py",
        "kappa * _later(kept, 1.0)",
        "kappa * kept",
        FLA,
    ),
]
