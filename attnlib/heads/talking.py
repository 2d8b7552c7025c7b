"""Multi-head attention whose heads talk to one another (Shazeer et al., 2020)."""

from attnlib.attend import Attend
from attnlib.heads.multi_head import MultiHeadAttention
from attnlib.normalizers import TalkingHeads


class TalkingHeadsAttention(MultiHeadAttention):
    """Multi-head self- or cross-attention whose heads talk before and after the softmax."""

    def __init__(self, size: int, heads: int, *, bias: bool = True) -> None:
        super().__init__(size, heads, bias=bias)
        self.attend = Attend(normalize=TalkingHeads(heads))
