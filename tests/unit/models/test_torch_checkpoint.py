"""Reading PyTorch's legacy checkpoints without PyTorch."""

import os
import pickle
import struct
import sys
import types
from collections import OrderedDict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.errors import UserError
from engine.models.torch_checkpoint import read_torch_checkpoint

MAGIC = 0x1950A86A20F9469CFC6C
SYSTEM = {"protocol_version": 1001, "little_endian": True}


class Tensor:
    """Pickles the way a PyTorch tensor does."""

    def __init__(self, data: NDArray[np.float32], offset: int, shape: tuple[int, ...], *s: int):
        self.data, self.offset, self.shape, self.strides = data, offset, shape, s

    def __reduce__(self) -> Any:
        rebuild = sys.modules["torch._utils"]._rebuild_tensor_v2
        return rebuild, (self.data, self.offset, self.shape, self.strides, False, OrderedDict())


@pytest.fixture(autouse=True)
def torch(monkeypatch: pytest.MonkeyPatch) -> None:
    """Just enough of PyTorch to write a file; reading happens without it."""

    def _rebuild_tensor_v2() -> None: ...

    _rebuild_tensor_v2.__module__ = "torch._utils"
    _rebuild_tensor_v2.__qualname__ = "_rebuild_tensor_v2"
    storage = type("FloatStorage", (), {"__module__": "torch"})
    utils: Any = types.ModuleType("torch._utils")
    utils._rebuild_tensor_v2 = _rebuild_tensor_v2
    package: Any = types.ModuleType("torch")
    package.FloatStorage, package._utils = storage, utils
    monkeypatch.setitem(sys.modules, "torch", package)
    monkeypatch.setitem(sys.modules, "torch._utils", utils)


def write(path: Path, tensors: dict[str, Any]) -> Path:
    storages: dict[str, NDArray[np.float32]] = {}

    class Pickler(pickle.Pickler):
        def persistent_id(self, value: Any) -> Any:
            if not isinstance(value, np.ndarray):
                return None
            storages[str(id(value))] = value
            kind = sys.modules["torch"].FloatStorage
            return "storage", kind, str(id(value)), "cpu", len(value), None

    with path.open("wb") as stream:
        for part in (MAGIC, 1001, SYSTEM):
            pickle.dump(part, stream, 2)
        Pickler(stream, 2).dump(OrderedDict(tensors))
        pickle.dump(sorted(storages), stream, 2)
        for key in sorted(storages):
            stream.write(struct.pack("<q", len(storages[key])) + storages[key].tobytes())
    return path


NUMBERS = np.arange(12, dtype=np.float32)


def test_strides_and_offsets_are_honoured(tmp_path: Path) -> None:
    path = write(
        tmp_path / "w.pth",
        {
            "straight": Tensor(NUMBERS, 0, (3, 4), 4, 1),
            "transposed": Tensor(NUMBERS, 0, (4, 3), 1, 4),
            "shifted": Tensor(NUMBERS, 5, (2, 2), 4, 1),
            "scalar": Tensor(NUMBERS, 7, ()),
        },
    )
    tensors = read_torch_checkpoint(path)
    assert list(tensors) == ["straight", "transposed", "shifted", "scalar"]
    np.testing.assert_array_equal(tensors["straight"], NUMBERS.reshape(3, 4))
    np.testing.assert_array_equal(tensors["transposed"], NUMBERS.reshape(3, 4).T)
    np.testing.assert_array_equal(tensors["shifted"], [[5, 6], [9, 10]])
    assert tensors["scalar"] == 7


@pytest.mark.parametrize(
    ("offset", "shape", "strides"),
    [
        pytest.param(0, (13,), (1,), id="too long"),
        pytest.param(9, (2, 2), (2, 2), id="steps past the end"),
        pytest.param(-1, (2,), (1,), id="negative offset"),
        pytest.param(4, (2,), (-1,), id="negative stride"),
        pytest.param(0, (2, 2), (1,), id="a stride missing"),
    ],
)
def test_a_tensor_outside_its_storage_is_refused(
    tmp_path: Path, offset: int, shape: tuple[int, ...], strides: tuple[int, ...]
) -> None:
    path = write(tmp_path / "w.pth", {"t": Tensor(NUMBERS, offset, shape, *strides)})
    with pytest.raises(UserError):
        read_torch_checkpoint(path)


class Malicious:
    def __init__(self, trace: Path) -> None:
        self.trace = trace

    def __reduce__(self) -> Any:
        return os.mkdir, (str(self.trace),)


@pytest.mark.parametrize("part", ["weights", "magic", "keys"])
def test_a_malicious_pickle_is_refused_and_not_run(tmp_path: Path, part: str) -> None:
    trace, path = tmp_path / "it-ran", tmp_path / "w.pth"
    attack = Malicious(trace)
    with path.open("wb") as stream:
        for wanted in (MAGIC, 1001, SYSTEM):
            pickle.dump(attack if part == "magic" else wanted, stream, 2)
        pickle.dump(OrderedDict(t=attack) if part == "weights" else OrderedDict(), stream, 2)
        pickle.dump(attack, stream, 2)
    with pytest.raises(UserError, match=r"mkdir"):
        read_torch_checkpoint(path)
    assert not trace.exists()


@pytest.mark.parametrize("keep", [0, 5, 60, 0.5, 0.99])
def test_a_cut_off_file_is_refused(tmp_path: Path, lite_checkpoint: Path, keep: float) -> None:
    whole = lite_checkpoint.read_bytes()
    path = tmp_path / "w.pth"
    path.write_bytes(whole[: int(keep if keep == int(keep) else len(whole) * keep)])
    with pytest.raises(UserError) as error:
        read_torch_checkpoint(path)
    assert str(path) in error.value.happened


@pytest.mark.parametrize("content", [b"PK\x03\x04 a zip", b"not a pickle", b"\x80\x02K\x01."])
def test_another_format_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "w.pth"
    path.write_bytes(content)
    with pytest.raises(UserError):
        read_torch_checkpoint(path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"nowhere\.pth"):
        read_torch_checkpoint(tmp_path / "nowhere.pth")
