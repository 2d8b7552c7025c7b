"""FlashAttention in Triton, for `impl="triton"`: needs triton, and is imported when first used."""

__all__: list[str] = []
