"""Cut the network where its frozen part ends, and compute that part's activations once."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

import keras
import numpy as np
from filelock import FileLock
from numpy.typing import NDArray

from engine.files import explained
from engine.models.build import BuiltModel
from engine.models.inference import BATCH, forward_function

Progress = Callable[[int, int], None]


def cut_at_head(built: BuiltModel) -> tuple[keras.Model, keras.Model]:
    """Cut a network in two where its head begins.

    Both parts share layers and weights with the whole, so training the second part trains the
    network. The cut lies behind the pooling when there is one: the activations are then a
    thousand times smaller.

    Args:
        built: the network.

    Returns:
        The trunk, from images (batch, side, side, 3) to `built.features`, and the rest, from
        there to the prediction.
    """
    return _cut(built.model, built.features)


def _cut(model: keras.Model, frontier: keras.KerasTensor) -> tuple[keras.Model, keras.Model]:
    trunk = keras.Model(model.input, frontier, name="trunk")
    return trunk, keras.Model(frontier, model.output, name="rest")


def activations_key(built: BuiltModel, trunk: keras.Model, image_set: str) -> str:
    """Name the activations so that equal ones, and only those, share a name.

    Args:
        built: the network; its backbone and image size count.
        trunk: its frozen part; the cut and the weights' values count.
        image_set: names the images and their order.

    Returns:
        A file name's stem.
    """
    digest = hashlib.sha256()
    cut = trunk.layers[-1].name
    for part in (built.spec.backbone, str(built.spec.image_size), cut, image_set):
        digest.update(part.encode() + b"\0")
    for weight in trunk.weights:
        digest.update(np.ascontiguousarray(weight.numpy()).tobytes())
    return f"{built.spec.backbone}-{built.spec.image_size}-{cut}-{digest.hexdigest()[:24]}"


def compute_activations(
    trunk: keras.Model,
    images: NDArray[np.uint8],
    cache: Path,
    key: str,
    progress: Progress | None = None,
) -> NDArray[np.floating]:
    """Run the frozen part of a network over images, once for ever.

    Processes that want the same activations share one computation: the others wait for it.

    Args:
        trunk: from images to one tensor of activations.
        images: (images, side, side, 3), 0..255; a memory map is read batch by batch.
        cache: where the activations are kept.
        key: their name, from `activations_key`.
        progress: called with images done and images in all after each batch; what it raises
            ends the computation and leaves nothing behind.

    Returns:
        A read-only memory map (images, ...): float32 for pooled features, which are small and
        often wide in range, float16 for feature maps.

    Raises:
        UserError: the disk is full or the cache can't be written.
    """
    folder = cache / "activations"
    path = folder / f"{key}.npy"
    with explained(folder):
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(folder / f"{key}.lock"):
            found = _open(path, len(images))
            if found is not None:
                return found
            temporary = path.with_suffix(".partial")
            try:
                with temporary.open("wb") as stream:
                    _write(stream, trunk, images, progress)
                temporary.replace(path)
            finally:
                temporary.unlink(missing_ok=True)
    written: NDArray[np.floating] = np.load(path, mmap_mode="r")
    return written


def _open(path: Path, count: int) -> NDArray[np.floating] | None:
    try:
        activations: NDArray[np.floating] = np.load(path, mmap_mode="r")
    except (OSError, ValueError, EOFError):
        return None
    return activations if len(activations) == count else None


def _write(
    stream: BinaryIO,
    trunk: keras.Model,
    images: NDArray[np.uint8],
    progress: Progress | None,
) -> None:
    # Plain writes, not a writable map: on a full disk a map kills the process.
    shape = (len(images), *trunk.output.shape[1:])
    dtype = np.float32 if len(shape) == 2 else np.float16
    header = {"descr": np.dtype(dtype).str, "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(stream, header)
    forward = forward_function(trunk)
    limits = np.finfo(dtype)
    for start in range(0, len(images), BATCH):
        batch = forward(images[start : start + BATCH])
        stream.write(np.clip(batch, limits.min, limits.max).astype(dtype).tobytes())
        if progress is not None:
            progress(min(start + BATCH, len(images)), len(images))
