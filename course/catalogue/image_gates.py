"""Gates over the channels and places of an image."""

from torch import Tensor, nn

from attnlib.vision.convolutional_block import ConvolutionalBlockAttention
from attnlib.vision.efficient_channel import EfficientChannelAttention
from attnlib.vision.squeeze_excitation import SqueezeExcitation
from course.catalogue.entry import Entry, Limit

TESTS = "tests/lib/oracles/test_vision.py"
WEIGHTS = "tests/lib/oracles/test_second_oracles_of_weights.py"


def squeeze_excitation(image: Tensor) -> Tensor:
    return SqueezeExcitation(4, reduction=2).to(image)(image)


def half_open(image: Tensor) -> Tensor:
    layer = SqueezeExcitation(4, reduction=2).to(image)
    nn.init.zeros_(layer.up.weight)
    nn.init.zeros_(layer.up.bias)
    return layer(image)


def halved(image: Tensor) -> Tensor:
    return image / 2


def efficient_channel(image: Tensor) -> Tensor:
    return EfficientChannelAttention(4, kernel=3).to(image)(image)


def convolutional_block(image: Tensor) -> Tensor:
    return ConvolutionalBlockAttention(4, reduction=2).to(image)(image)


def open_places(image: Tensor) -> Tensor:
    layer = ConvolutionalBlockAttention(4, reduction=2).to(image)
    nn.init.zeros_(layer.filter.weight)
    return layer(image)


def half_the_channels(image: Tensor) -> Tensor:
    layer = ConvolutionalBlockAttention(4, reduction=2).to(image)
    return image * layer.channel_gates(image)[..., None, None] / 2


ENTRIES: list[Entry] = [
    Entry(
        name="Squeeze and excitation",
        tier=3,
        cite="hu2017",
        formula=r"x_c\,\sigma(W_2\,\mathrm{ReLU}(W_1\bar x))_c",
        time="T · C, C: channels",
        memory="T · C",
        implementation=SqueezeExcitation,
        example=squeeze_excitation,
        inputs="image",
        oracle="transformers RegNetSELayer",
        test=f"{TESTS}::test_squeeze_and_excitation_equals_regnet",
        limits=(Limit("W₂ = 0 halves everything", half_open, halved),),
    ),
    Entry(
        name="Efficient channel attention (ECA)",
        tier=3,
        cite="wang2019eca",
        formula=r"x_c\,\sigma(w * \bar x)_c",
        time="T · C, C: channels",
        memory="T · C",
        implementation=EfficientChannelAttention,
        example=efficient_channel,
        inputs="image",
        oracle="scipy.ndimage.correlate1d, and channel by channel",
        test=f"{WEIGHTS}::test_efficient_channels_equal_scipys_correlation",
    ),
    Entry(
        name="CBAM",
        tier=3,
        cite="woo2018",
        formula=r"x' = x \odot M_c(x),\ x'\odot M_s(x')",
        time="T · C, C: channels",
        memory="T · C",
        implementation=ConvolutionalBlockAttention,
        example=convolutional_block,
        inputs="image",
        oracle="transformers RegNetSELayer twice, scipy.ndimage.correlate, and by hand",
        test=f"{WEIGHTS}::test_convolutional_block_equals_regnets_squeeze_twice_and_scipys_correlation",
        limits=(Limit("f = 0 is half the channel attention", open_places, half_the_channels),),
    ),
]
