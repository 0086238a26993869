"""Cut the network where its frozen part ends."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import keras

from engine.models.build import BuiltModel
from engine.models.graph import (
    Node,
    consumers,
    has_kernel,
    has_two_modes,
    is_weightless,
    ordered_nodes,
    values_in,
)


@dataclass(frozen=True)
class Cut:
    """A network in two: what stays as it was built, and what trains on top of it.

    Args:
        trunk: from images (batch, side, side, 3) to the frontier's tensors, a list.
        rest: from those tensors, a list, to the prediction. Both parts share layers and weights
            with the whole, so training this one trains the network.
    """

    trunk: keras.Model
    rest: keras.Model

    @property
    def frontier(self) -> tuple[keras.KerasTensor, ...]:
        """The tensors that flow from the trunk to the rest."""
        return tuple(self.trunk.outputs)

    @property
    def trains_like_the_whole(self) -> bool:
        """Whether the trunk does in training what it does in inference, also within the whole."""
        return not any(
            has_two_modes(node) and not isinstance(node.operation, keras.layers.BatchNormalization)
            for node in ordered_nodes(self.trunk)
        )


class FrozenBelow(keras.Model):  # type: ignore[misc] # keras ships no types
    """The whole network, its trunk always in inference mode.

    Keras drops out also in layers that are frozen. Here what stays as it was built answers the
    same way every time, whether its answers come from a cache or not.

    Args:
        cut: the network's two parts.
    """

    def __init__(self, cut: Cut) -> None:
        super().__init__(name="frozen_below")
        self._trunk = cut.trunk
        self._rest = cut.rest

    def call(self, images: Any, training: bool | None = None) -> Any:
        """From images to the prediction."""
        return self._rest(self._trunk(images, training=False), training=training)


def cut_network(built: BuiltModel, trained: Iterable[keras.Layer]) -> Cut | None:
    """Cut a network where the part that stays as it was built ends.

    That part is every layer which doesn't train, or has no weights, and which depends on such
    layers only. It runs in inference mode: dropout and stochastic depth inside a frozen backbone
    do nothing, those of the head, or behind the first layer that trains, do. Layers without
    weights at its end stay on this side unless the other has fewer numbers to keep: an average
    over a map is kept, but the unpadded map rather than the padded one.

    Args:
        built: the network.
        trained: the layers that train, or have trained: their values are not those that they
            were built with.

    Returns:
        The parts; None when nothing worth keeping is frozen, or a layer on the frontier is used
        a second time above it.
    """
    nodes = ordered_nodes(built.model)
    frozen = _frozen(nodes, {id(layer) for layer in trained})
    _retreat(nodes, frozen)
    frontier = _frontier(nodes, frozen)
    producers = {id(tensor._keras_history.operation) for tensor in frontier}
    above = {id(node.operation) for node in nodes if id(node) not in frozen}
    # Keras can't begin a model at a layer that it uses again.
    if producers & above or not any(has_kernel(node) for node in nodes if id(node) in frozen):
        return None
    return Cut(
        trunk=keras.Model(built.model.input, frontier, name="trunk"),
        rest=keras.Model(frontier, built.model.output, name="rest"),
    )


def _frozen(nodes: list[Node], trained: set[int]) -> set[int]:
    """The ids of the nodes that give the same answer for an image for ever."""
    known: set[int] = set()
    frozen: set[int] = set()
    for node in nodes:
        # A dropout that is said to train is one that must drop.
        stays = id(node.operation) not in trained or (
            is_weightless(node) and not has_two_modes(node)
        )
        if stays and all(id(tensor) in known for tensor in node.input_tensors):
            frozen.add(id(node))
            known.update(id(tensor) for tensor in node.output_tensors)
    return frozen


def _retreat(nodes: list[Node], frozen: set[int]) -> None:
    """Leave weightless nodes at the end to the rest where that makes the frontier smaller."""
    readers = consumers(nodes)
    for node in reversed(nodes):
        is_at_end = all(
            id(reader) not in frozen
            for tensor in node.output_tensors
            for reader in readers[id(tensor)]
        )
        if id(node) not in frozen or node.is_input or not is_at_end or not is_weightless(node):
            continue
        # Inputs that others read above the frontier are kept anyway.
        added = {
            id(tensor): values_in(tensor)
            for tensor in node.input_tensors
            if all(id(reader) in frozen for reader in readers[id(tensor)])
        }
        saved = sum(map(values_in, node.output_tensors)) - sum(added.values())
        if saved > 0 or (saved == 0 and isinstance(node.operation, _SAME_VALUES)):
            frozen.discard(id(node))


# A flattened map would count as pooled features, and be kept in twice the bytes.
_SAME_VALUES = (keras.layers.Flatten, keras.layers.Reshape)


def _frontier(nodes: list[Node], frozen: set[int]) -> list[keras.KerasTensor]:
    readers = consumers(nodes)
    return [
        tensor
        for node in nodes
        if id(node) in frozen
        for tensor in node.output_tensors
        if any(id(reader) not in frozen for reader in readers[id(tensor)])
    ]
