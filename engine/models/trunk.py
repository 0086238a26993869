"""The frozen part of a network, computed once for every image and then read from disk."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import keras
import numpy as np
from numpy.typing import NDArray

from engine.ahead import ahead
from engine.models.activations import ActivationStore, Stored
from engine.models.build import BuiltModel
from engine.models.fingerprints import fingerprints
from engine.models.graph import ordered_nodes
from engine.models.inference import BATCH, Forward, forward_function, rows_at_once

Progress = Callable[[int, int], None]
Activations = tuple[NDArray[np.floating], ...]
# Converting a network takes as long as some hundred images take through all of it; so many images
# lose less, since only what lies above the wanted tensors is computed in vain.
_FEW = 1000


@dataclass(frozen=True)
class ImageSet:
    """Images that a trunk is to see.

    Args:
        key: names the images, their order, and what was done to them.
        count: how many they are.
        read: from the first row and the one behind the last, at most `BATCH` apart, to those
            images (rows, side, side, 3), 0..255. The first is a multiple of `BATCH`.
    """

    key: str
    count: int
    read: Callable[[int, int], NDArray[np.generic]]


class Trunk:
    """Computes tensors of a network once for ever.

    Args:
        built: the network; what lies below `tensors` is as it was built, now and in every run
            that shares it.
        tensors: all that will be asked for, in any order.
        store: where the activations are kept.
    """

    def __init__(
        self, built: BuiltModel, tensors: Sequence[keras.KerasTensor], store: ActivationStore
    ) -> None:
        self._model = keras.Model(built.model.input, list(tensors), name="trunk")
        self._fingerprints = fingerprints(self._model)
        self._place = f"{built.spec.backbone}-{built.spec.image_size}"
        self._store = store
        self._converted: tuple[tuple[int, ...], tuple[int, ...], Forward] | None = None
        nodes = ordered_nodes(self._model)
        operations = {id(node.operation) for node in nodes}
        # Keras can't begin a model at a layer that it uses again.
        self._can_begin_anywhere = len(operations) == len(nodes)

    def activations(
        self,
        images: ImageSet,
        tensors: Sequence[keras.KerasTensor],
        progress: Progress | None = None,
        waiting: Progress | None = None,
    ) -> Activations:
        """Open what is kept of some tensors and compute what isn't, all in one go.

        What is missing is computed from the nearest activations below it that are kept, or else
        from the images. Processes that want the same share one computation: the others wait. One
        that was interrupted is gone on with.

        Args:
            images: the images.
            tensors: what is wanted of them.
            progress: called with images done and images in all after each batch; what it raises
                ends the computation, whose rows so far are kept.
            waiting: the same several times a second while another process computes.

        Returns:
            Read-only memory maps (images, ..), one a tensor.

        Raises:
            NoRoomError: they don't fit into the cache.
            UserError: the cache can't be written.
        """
        if not images.count:
            return tuple(np.zeros((0, *tensor.shape[1:]), np.float32) for tensor in tensors)
        wanted = [self._stored(images, tensor) for tensor in tensors]
        found = [self._store.open(stored) for stored in wanted]
        missing = [one for one, array in zip(wanted, found, strict=True) if array is None]
        if missing:

            def wait() -> None:
                if waiting is not None:
                    waiting(self._store.rows_done(missing), images.count)

            with self._store.computing(f"{self._place}-{images.key}", wait):
                self._compute(images, tensors, progress)
                found = [self._store.open(stored) for stored in wanted]
        return tuple(array for array in found if array is not None)

    def _stored(self, images: ImageSet, tensor: keras.KerasTensor) -> Stored:
        name = f"{self._place}-{self._fingerprints[id(tensor)]}-{images.key}"
        return Stored(name, (images.count, *tensor.shape[1:]))

    def _compute(
        self, images: ImageSet, tensors: Sequence[keras.KerasTensor], progress: Progress | None
    ) -> None:
        missing = [
            tensor for tensor in tensors if self._store.open(self._stored(images, tensor)) is None
        ]
        if not missing:
            return
        sources = self._sources(images, missing)
        entries = [tensor for tensor, _ in sources]
        forward, size = self._forward(entries, missing, images.count), rows_at_once()

        def inputs(first: int) -> Iterator[list[NDArray[np.generic]]]:
            for start in range(first, images.count, size):
                stop = min(start + size, images.count)
                if sources:
                    yield [array[start:stop] for _, array in sources]
                else:
                    yield [_read(images, start, stop)]

        def rows(first: int) -> Iterator[list[NDArray[np.float32]]]:
            # A bank's images are changed while those before them go through the network.
            return map(forward, ahead(inputs(first)))

        wanted = [self._stored(images, tensor) for tensor in missing]
        self._store.write(wanted, rows, size, progress)

    def _forward(
        self,
        entries: Sequence[keras.KerasTensor],
        wanted: Sequence[keras.KerasTensor],
        count: int,
    ) -> Forward:
        """From some tensors, or the images, to others; converting a network takes seconds.

        What was converted last serves few images also when it computes more than is wanted.
        """
        begin, end = tuple(map(id, entries)), tuple(map(id, wanted))
        if self._converted is not None:
            known, outputs, forward = self._converted
            if known == begin and (outputs == end or (count <= _FEW and set(end) <= set(outputs))):
                places = [outputs.index(tensor) for tensor in end]
                return _picked(forward, places)
        model = keras.Model(list(entries) or self._model.input, list(wanted), name="trunk")
        forward = forward_function(model)
        self._converted = begin, end, forward
        return forward

    def _sources(
        self, images: ImageSet, wanted: Sequence[keras.KerasTensor]
    ) -> list[tuple[keras.KerasTensor, NDArray[np.floating]]]:
        """The nearest tensors below that are kept; none when the images are needed anyway."""
        if not self._can_begin_anywhere:
            return []
        found: dict[int, tuple[keras.KerasTensor, NDArray[np.floating]]] = {}
        pending, seen = list(wanted), {id(tensor) for tensor in wanted}
        while pending:
            operation, node_index, _ = pending.pop()._keras_history
            node = operation._inbound_nodes[node_index]
            if node.is_input:
                return []
            for tensor in node.input_tensors:
                if id(tensor) in seen:
                    continue
                seen.add(id(tensor))
                array = self._store.open(self._stored(images, tensor))
                if array is None:
                    pending.append(tensor)
                else:
                    found[id(tensor)] = (tensor, array)
        return list(found.values())


def _read(images: ImageSet, start: int, stop: int) -> NDArray[np.generic]:
    """Images, read a `BATCH` at a time: what changes them draws its numbers by it."""
    parts = [images.read(at, min(at + BATCH, stop)) for at in range(start, stop, BATCH)]
    return np.concatenate(parts)


def _picked(forward: Forward, places: Sequence[int]) -> Forward:
    """Some of the outputs of a function that computes several."""

    def run(inputs: Sequence[NDArray[np.generic]]) -> list[NDArray[np.float32]]:
        outputs = forward(inputs)
        return [outputs[place] for place in places]

    return run
