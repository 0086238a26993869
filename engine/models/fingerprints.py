"""Names for what flows through a network: equal where, and only where, the values are."""

import hashlib
import json
from typing import Any

import keras
import numpy as np

from engine.models.graph import Node, ordered_nodes

# Neither changes what a layer answers in inference mode.
_IMMATERIAL = ("name", "trainable")


def fingerprints(trunk: keras.Model) -> dict[int, str]:
    """Name every tensor by all that it is computed from.

    Args:
        trunk: a flat functional model from images.

    Returns:
        A tensor's `id` to its fingerprint: of the operations below it, their settings, the
        values of their weights at this moment, and how they are connected. The layers' own names
        don't count: Keras numbers those anew in every process.
    """
    found: dict[int, str] = {}
    for node in ordered_nodes(trunk):
        digest = hashlib.blake2b(digest_size=16)
        digest.update(_settings(node).encode())
        for tensor in node.input_tensors:
            digest.update(found[id(tensor)].encode())
        for weight in (*getattr(node.operation, "weights", ()), *_copies(node.operation)):
            digest.update(np.ascontiguousarray(weight).tobytes())
        for index, tensor in enumerate(node.output_tensors):
            found[id(tensor)] = f"{digest.hexdigest()}{index or ''}"
    return found


def _copies(operation: Any) -> tuple[Any, ...]:
    """What a layer computes with in place of its weights."""
    is_copying = isinstance(operation, keras.layers.Normalization)
    return (operation.mean, operation.variance) if is_copying else ()


def _settings(node: Node) -> str:
    operation = node.operation
    config: dict[str, Any] = operation.get_config() if isinstance(operation, keras.Layer) else {}
    config = {key: value for key, value in config.items() if key not in _IMMATERIAL}
    # The numbers in `x * 2` are arguments of the call, tensors in them are counted by themselves.
    constants = [
        value
        for value in (*node.arguments.args, *node.arguments.kwargs.values())
        if isinstance(value, int | float | str | bool)
    ]
    shapes = [tuple(tensor.shape) for tensor in node.output_tensors]
    parts = [type(operation).__name__, config, constants, shapes]
    return json.dumps(parts, sort_keys=True, default=str)
