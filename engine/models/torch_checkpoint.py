"""Reads PyTorch's legacy checkpoint format without PyTorch, and without running its code."""

import pickle
import struct
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from engine.errors import UserError

_MAGIC = 0x1950A86A20F9469CFC6C
_PROTOCOL = 1001
_COUNT = struct.Struct("<q")
_STORAGES = {
    "DoubleStorage": "<f8",
    "FloatStorage": "<f4",
    "HalfStorage": "<f2",
    "LongStorage": "<i8",
    "IntStorage": "<i4",
    "ShortStorage": "<i2",
    "CharStorage": "i1",
    "ByteStorage": "u1",
    "BoolStorage": "?",
}


@dataclass(frozen=True)
class _Storage:
    """A flat run of numbers that tensors look into."""

    key: str
    dtype: np.dtype[np.generic]
    count: int


@dataclass(frozen=True)
class _View:
    """A tensor: where it starts in its storage, its shape, and its steps in elements."""

    storage: _Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]

    def read(self, numbers: NDArray[np.generic]) -> NDArray[np.generic]:
        steps = zip(self.shape, self.strides, strict=True)
        last = self.offset + sum((size - 1) * stride for size, stride in steps)
        if self.offset < 0 or min((0, *self.strides)) < 0 or min((1, *self.shape)) < 0:
            raise ValueError("a tensor with a negative offset, stride or size")
        if 0 in self.shape:
            return np.empty(self.shape, numbers.dtype)
        # as_strided reads whatever lies in memory there, so the end is checked first.
        if last >= len(numbers):
            raise ValueError("a tensor that reaches beyond its storage")
        item = numbers.dtype.itemsize
        return np.lib.stride_tricks.as_strided(
            numbers[self.offset :], self.shape, [stride * item for stride in self.strides]
        ).copy()


def _rebuild_tensor(
    storage: _Storage,
    offset: int,
    shape: tuple[int, ...],
    strides: tuple[int, ...],
    _requires_grad: bool,
    _hooks: object,
) -> _View:
    if not isinstance(storage, _Storage):
        raise pickle.UnpicklingError("a tensor without a storage")
    return _View(storage, offset, shape, strides)


class _Unpickler(pickle.Unpickler):
    """Resolves the few names a state dict needs; any other is refused before it is imported."""

    def find_class(self, module: str, name: str) -> object:
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return _rebuild_tensor
        if module == "torch" and name in _STORAGES:
            return np.dtype(_STORAGES[name])
        raise pickle.UnpicklingError(f"it names {module}.{name}, which no list of weights needs")

    def persistent_load(self, pid: object) -> _Storage:
        match pid:
            case ("storage", np.dtype() as dtype, str(key), str(), int(count), None):
                return _Storage(key, dtype, count)
        raise pickle.UnpicklingError("an unknown kind of storage")


class _PlainUnpickler(pickle.Unpickler):
    """For the parts of the file that hold numbers and text only."""

    def find_class(self, module: str, name: str) -> object:
        raise pickle.UnpicklingError(f"it names {module}.{name} where only numbers belong")


def _read_storages(stream: BinaryIO, views: dict[str, _View]) -> dict[str, NDArray[np.generic]]:
    storages = {view.storage.key: view.storage for view in views.values()}
    numbers: dict[str, NDArray[np.generic]] = {}
    for key in _PlainUnpickler(stream).load():
        storage = storages[key]
        (count,) = _COUNT.unpack(stream.read(_COUNT.size))
        if count != storage.count:
            raise ValueError("a storage of another length than announced")
        data = stream.read(count * storage.dtype.itemsize)
        if len(data) != count * storage.dtype.itemsize:
            raise EOFError("the file ends too early")
        numbers[key] = np.frombuffer(data, storage.dtype)
    return numbers


def _read(stream: BinaryIO) -> dict[str, NDArray[np.generic]]:
    if _PlainUnpickler(stream).load() != _MAGIC or _PlainUnpickler(stream).load() != _PROTOCOL:
        raise ValueError("not the legacy format")
    if not _PlainUnpickler(stream).load()["little_endian"]:
        raise ValueError("written on a big-endian machine")
    views = _Unpickler(stream).load()
    if not isinstance(views, dict) or not all(isinstance(v, _View) for v in views.values()):
        raise ValueError("not a flat list of tensors")
    numbers = _read_storages(stream, views)
    return {name: view.read(numbers[view.storage.key]) for name, view in views.items()}


def read_torch_checkpoint(path: Path) -> dict[str, NDArray[np.generic]]:
    """Read a state dict saved by PyTorch before 1.6 (a `.pth` that is not a zip archive).

    Nothing in the file is executed: the pickle may name `OrderedDict`, `_rebuild_tensor_v2` and
    the storage types only. Strides and offsets are honoured, so the arrays hold what PyTorch
    would show whichever way they were laid out.

    Args:
        path: the checkpoint.

    Returns:
        Tensor name to array, in the file's order; contiguous, in PyTorch's axis order.

    Raises:
        UserError: the file is missing, damaged, in another format, or asks for other names.
    """
    try:
        with path.open("rb") as stream:
            return _read(stream)
    # A damaged pickle may raise nearly anything, and each means the same to the reader.
    except Exception as error:
        raise UserError(
            f"The weights in {path} can't be read: {error or type(error).__name__}.",
            "an undamaged PyTorch checkpoint in the legacy format, holding tensors only.",
            f"install the package that brought it again, for instance {_reinstall(path)}.",
        ) from error


def _reinstall(path: Path) -> str:
    package = path.parent.parent.name.replace("_", "-") or "its package"
    return f"`uv pip install --reinstall {package}`"
