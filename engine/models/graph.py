"""The flat functional graph as nodes and tensors: every use of a layer is a node of its own."""

import inspect
import math
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

import keras

# Keras' own class for it is not public.
Node = Any


def ordered_nodes(model: keras.Model) -> list[Node]:
    """Every use of an operation in a functional model, each after those it depends on.

    Args:
        model: a flat functional model.

    Returns:
        Keras nodes, with `operation`, `input_tensors`, `output_tensors` and `is_input`; their
        order depends on the graph alone.
    """
    # There is no public way to see which call of a shared layer belongs to the model.
    by_depth = model._nodes_by_depth
    place = {id(operation): index for index, operation in enumerate(model.operations)}
    return [
        node
        for depth in sorted(by_depth, reverse=True)
        for node in sorted(
            by_depth[depth],
            key=lambda node: (
                place[id(node.operation)],
                node.operation._inbound_nodes.index(node),
            ),
        )
    ]


def consumers(nodes: Iterable[Node]) -> dict[int, list[Node]]:
    """Who reads a tensor.

    Args:
        nodes: the graph.

    Returns:
        A tensor's `id` to the nodes that have it as an input; empty for those nobody reads.
    """
    found: dict[int, list[Node]] = defaultdict(list)
    for node in nodes:
        for key in {id(tensor) for tensor in node.input_tensors}:
            found[key].append(node)
    return found


def values_in(tensor: keras.KerasTensor) -> int:
    """Numbers that one image has in a tensor."""
    return math.prod(tensor.shape[1:])


def is_weightless(node: Node) -> bool:
    """Whether nothing in it can be learnt, as in a pooling or an addition."""
    return not getattr(node.operation, "weights", None)


def has_two_modes(node: Node) -> bool:
    """Whether it may do another thing in training than in inference, as dropout does."""
    operation = node.operation
    return (
        isinstance(operation, keras.Layer)
        and "training" in inspect.signature(operation.call).parameters
    )


def has_kernel(node: Node) -> bool:
    """Whether it is worth not being computed again, as a convolution is."""
    return any(len(weight.shape) > 1 for weight in getattr(node.operation, "weights", ()))
