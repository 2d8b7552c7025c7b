"""Live pictures of attention: they work in JupyterLab and, with no kernel, on the built page.

    from course import widgets
    widgets.softmax_and_scale()     # the last line of a cell
    lab = widgets.qkv_lab("sat")    # lab.view.key: where the reader has moved the keys to

Each function gives a `Panel`: controls, a view that a browser draws, and a still picture of its
first state, for print and where no script runs. How to write one is in `course/widgets/README.md`.
Those made after `widgets.speak("fr")` are in French.
"""

from course.widgets._along_axis import along_axis
from course.widgets._alternatives import alternatives
from course.widgets._beam import beam
from course.widgets._bert_heads import bert_heads
from course.widgets._block_parts import block_parts
from course.widgets._broadcasting import broadcasting
from course.widgets._bytes_sent import bytes_sent
from course.widgets._cache_growth import cache_growth
from course.widgets._cache_size import cache_size
from course.widgets._depth import depth
from course.widgets._downhill import downhill
from course.widgets._draft_and_check import draft_and_check
from course.widgets._few_bits import few_bits
from course.widgets._flash_tiles import flash_tiles
from course.widgets._guesses import guesses
from course.widgets._head_explorer import head_explorer
from course.widgets._heads_on_off import heads_on_off
from course.widgets._maps import Map, maps
from course.widgets._mask_builder import mask_builder
from course.widgets._matrix_product import matrix_product
from course.widgets._memory_per_process import memory_per_process
from course.widgets._merges import merges
from course.widgets._needle import needle
from course.widgets._next_word import next_word
from course.widgets._page_table import page_table
from course.widgets._position_curves import position_curves
from course.widgets._positions import positions
from course.widgets._prepared_heads import prepared
from course.widgets._qkv_lab import qkv_lab
from course.widgets._reach import reach
from course.widgets._recall_curves import recall_curves
from course.widgets._ring_buffer import ring_buffer
from course.widgets._ring_turns import ring_turns
from course.widgets._roofline import roofline
from course.widgets._rope_scalings import rope_scalings
from course.widgets._sentence_length import Example, sentence_length
from course.widgets._smollm2_maps import smollm2_maps
from course.widgets._soft_dictionary import soft_dictionary
from course.widgets._softmax_and_scale import softmax_and_scale
from course.widgets._state_matrix import state_matrix
from course.widgets._tour import tour
from course.widgets._transformer_block import transformer_block
from course.widgets._translate import translate
from course.widgets._translator_attention import translator_attention
from course.widgets._two_sources import two_sources
from course.widgets._where_it_looks import where_it_looks
from course.widgets._windows import windows
from course.widgets._your_own_attention import your_own_attention
from course.widgets._zoo import zoo
from course.widgets.language import speak

__all__ = [
    "Example",
    "Map",
    "along_axis",
    "alternatives",
    "beam",
    "bert_heads",
    "block_parts",
    "broadcasting",
    "bytes_sent",
    "cache_growth",
    "cache_size",
    "depth",
    "downhill",
    "draft_and_check",
    "few_bits",
    "flash_tiles",
    "guesses",
    "head_explorer",
    "heads_on_off",
    "maps",
    "mask_builder",
    "matrix_product",
    "memory_per_process",
    "merges",
    "needle",
    "next_word",
    "page_table",
    "position_curves",
    "positions",
    "prepared",
    "qkv_lab",
    "reach",
    "recall_curves",
    "ring_buffer",
    "ring_turns",
    "roofline",
    "rope_scalings",
    "sentence_length",
    "smollm2_maps",
    "soft_dictionary",
    "softmax_and_scale",
    "speak",
    "state_matrix",
    "tour",
    "transformer_block",
    "translate",
    "translator_attention",
    "two_sources",
    "where_it_looks",
    "windows",
    "your_own_attention",
    "zoo",
]
