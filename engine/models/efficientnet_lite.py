"""The EfficientNet-Lite family: EfficientNets without attention, made for CPUs and phones.

Paper: Tan & Le 2019, "EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks";
Liu 2020, "Higher accuracy on vision models with EfficientNet-Lite" (TensorFlow blog).
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
from numpy.typing import NDArray

from engine.errors import UserError
from engine.models.torch_checkpoint import read_torch_checkpoint

Checkpoint = dict[str, NDArray[np.generic]]


@dataclass(frozen=True)
class Variant:
    """How one member scales the family's plan."""

    width: float
    depth: float


@dataclass(frozen=True)
class Block:
    """One inverted bottleneck: expand, filter each channel, project."""

    number: int
    kernel: int
    stride: int
    expansion: int
    filters_in: int
    filters_out: int

    @property
    def has_shortcut(self) -> bool:
        """Whether the input is added to the output."""
        return self.stride == 1 and self.filters_in == self.filters_out


VARIANTS = {
    "efficientnet_lite0": Variant(width=1.0, depth=1.0),
    "efficientnet_lite1": Variant(width=1.0, depth=1.1),
    "efficientnet_lite2": Variant(width=1.1, depth=1.2),
}
_STEM_FILTERS = 32
_LAST_FILTERS = 1280
# Repeats, kernel, stride, expansion, filters: table 1 of the paper, before scaling.
_PLAN = (
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
)


def _scaled_filters(filters: int, width: float) -> int:
    """Multiples of 8, at most a tenth below the exact product."""
    exact = filters * width
    rounded = max(8, int(exact + 4) // 8 * 8)
    return rounded + 8 if rounded < 0.9 * exact else rounded


def blocks(variant: Variant) -> Iterator[Block]:
    """The bottlenecks of one member, first to last.

    Args:
        variant: the member's scaling.

    Yields:
        Each block; numbered from 1.
    """
    number, filters_in = 0, _STEM_FILTERS
    for stage, (repeats, kernel, stride, expansion, filters) in enumerate(_PLAN):
        # The Lite members keep the first and last stage's length whatever their depth.
        is_fixed = stage in (0, len(_PLAN) - 1)
        for repeat in range(repeats if is_fixed else math.ceil(repeats * variant.depth)):
            number += 1
            filters_out = _scaled_filters(filters, variant.width)
            first = repeat == 0
            yield Block(number, kernel, stride if first else 1, expansion, filters_in, filters_out)
            filters_in = filters_out


def _normalized(tensor: keras.KerasTensor, name: str, relu: bool = True) -> keras.KerasTensor:
    tensor = keras.layers.BatchNormalization(epsilon=1e-3, name=f"{name}_norm")(tensor)
    return keras.layers.ReLU(max_value=6, name=f"{name}_relu")(tensor) if relu else tensor


def _convolved(
    tensor: keras.KerasTensor, filters: int, kernel: int, stride: int, name: str
) -> keras.KerasTensor:
    return keras.layers.Conv2D(
        filters, kernel, strides=stride, padding="same", use_bias=False, name=f"{name}_conv"
    )(tensor)


def _bottleneck(tensor: keras.KerasTensor, block: Block) -> keras.KerasTensor:
    name, shortcut = f"block{block.number:02d}", tensor
    if block.expansion > 1:
        wide = block.filters_in * block.expansion
        tensor = _normalized(_convolved(tensor, wide, 1, 1, f"{name}_expand"), f"{name}_expand")
    tensor = keras.layers.DepthwiseConv2D(
        block.kernel,
        strides=block.stride,
        padding="same",
        use_bias=False,
        name=f"{name}_depthwise_conv",
    )(tensor)
    tensor = _normalized(tensor, f"{name}_depthwise")
    tensor = _convolved(tensor, block.filters_out, 1, 1, f"{name}_project")
    tensor = _normalized(tensor, f"{name}_project", relu=False)
    if block.has_shortcut:
        tensor = keras.layers.Add(name=f"{name}_add")([shortcut, tensor])
    return tensor


def build_efficientnet_lite(
    name: str, image_size: int, checkpoint: Path | None = None
) -> keras.Model:
    """The convolutional part of a Lite network, preprocessing inside.

    Args:
        name: a key of `VARIANTS`.
        image_size: side of the square input, pixels.
        checkpoint: the PyTorch checkpoint with its weights; None starts from random ones.

    Returns:
        A flat functional model from RGB images (batch, side, side, 3) in 0..255 to the feature
        map (batch, side / 32, side / 32, 1280), rounded up.

    Raises:
        UserError: the checkpoint can't be read or belongs to another network.
    """
    model = _backbone(name, image_size)
    if checkpoint is not None:
        _load(model, name, read_torch_checkpoint(checkpoint), checkpoint)
    return model


def _backbone(name: str, image_size: int) -> keras.Model:
    inputs = keras.Input((image_size, image_size, 3), name="image")
    tensor = keras.layers.Rescaling(1 / 127, offset=-1, name="preprocessing")(inputs)
    tensor = _normalized(_convolved(tensor, _STEM_FILTERS, 3, 2, "stem"), "stem")
    for block in blocks(VARIANTS[name]):
        tensor = _bottleneck(tensor, block)
    tensor = _normalized(_convolved(tensor, _LAST_FILTERS, 1, 1, "top"), "top")
    return keras.Model(inputs, tensor, name=name)


def _layer_names(name: str) -> Iterator[tuple[str, str]]:
    """Keras layer and the checkpoint's prefix for it."""
    yield from (("stem_conv", "_conv_stem"), ("stem_norm", "_bn0"))
    for block in blocks(VARIANTS[name]):
        ours, theirs = f"block{block.number:02d}", f"_blocks.{block.number - 1}"
        if block.expansion > 1:
            yield f"{ours}_expand_conv", f"{theirs}._expand_conv"
            yield f"{ours}_expand_norm", f"{theirs}._bn0"
        yield f"{ours}_depthwise_conv", f"{theirs}._depthwise_conv"
        yield f"{ours}_depthwise_norm", f"{theirs}._bn1"
        yield f"{ours}_project_conv", f"{theirs}._project_conv"
        yield f"{ours}_project_norm", f"{theirs}._bn2"
    yield from (("top_conv", "_conv_head"), ("top_norm", "_bn1"))


def _weights_of(layer: keras.Layer, prefix: str, weights: Checkpoint) -> list[NDArray[np.generic]]:
    if isinstance(layer, keras.layers.BatchNormalization):
        parts = ("weight", "bias", "running_mean", "running_var")
        return [weights[f"{prefix}.{part}"] for part in parts]
    # PyTorch: out, in, height, width. Keras: height, width, in, out; depthwise: channel, 1.
    is_depthwise = isinstance(layer, keras.layers.DepthwiseConv2D)
    axes = (2, 3, 0, 1) if is_depthwise else (2, 3, 1, 0)
    return [weights[f"{prefix}.weight"].transpose(axes)]


def _load(model: keras.Model, name: str, weights: Checkpoint, path: Path) -> None:
    try:
        for layer_name, prefix in _layer_names(name):
            layer = model.get_layer(layer_name)
            layer.set_weights(_weights_of(layer, prefix, weights))
    except (KeyError, ValueError) as error:
        raise UserError(
            f"The weights in {path} don't fit {name}: {error}.",
            f"the ImageNet checkpoint of {name}.",
            "choose the backbone that the checkpoint belongs to.",
        ) from error
