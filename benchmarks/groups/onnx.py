"""onnxruntime's MultiHeadAttention, which its users meet as one node of an exported model."""

from importlib.util import find_spec

import torch
from torch import Tensor

from benchmarks.case import Run

STATES = ("query", "key", "value")


def multi_head_attention(query: Tensor, key: Tensor, value: Tensor, *, causal: bool) -> Run | None:
    """A call of it on these states; None where it is not installed.

    It takes and gives the heads of a token side by side, (B, T, H·D): they are laid so beforehand,
    and looked at as (B, H, T, D) afterwards. What memory it keeps from call to call is not counted.
    """
    if not (find_spec("onnx") and find_spec("onnxruntime")):
        return None
    from onnxruntime import InferenceSession, SessionOptions

    heads, size = query.shape[1], query.shape[3]
    options = SessionOptions()
    options.intra_op_num_threads = torch.get_num_threads()
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # in another's turn
    session = InferenceSession(
        _one_node(heads, heads * size, causal), options, providers=["CPUExecutionProvider"]
    )
    side_by_side = [x.transpose(1, 2).flatten(2).numpy() for x in (query, key, value)]
    feed = dict(zip(STATES, side_by_side, strict=True))

    def run() -> Tensor:
        (output,) = session.run(None, feed)
        return torch.from_numpy(output).unflatten(2, (heads, size)).transpose(1, 2)

    return run


def _one_node(heads: int, size: int, causal: bool) -> bytes:
    from onnx import TensorProto, helper

    def described(name: str) -> object:
        return helper.make_tensor_value_info(name, TensorProto.FLOAT, ("B", "T", size))

    node = helper.make_node(
        "MultiHeadAttention",
        STATES,
        ["output"],
        domain="com.microsoft",
        num_heads=heads,
        unidirectional=int(causal),
    )
    sets = [helper.make_opsetid("", 17), helper.make_opsetid("com.microsoft", 1)]
    graph = helper.make_graph(
        [node], "attention", [described(name) for name in STATES], [described("output")]
    )
    made = helper.make_model(graph, opset_imports=sets, ir_version=8)
    whole: bytes = made.SerializeToString()
    return whole
