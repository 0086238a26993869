"""What the doctor says of GPUs, on a machine that seems to have some."""

import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from engine import doctor


@pytest.fixture(autouse=True)
def unseen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A driver is there, and TensorFlow finds no GPU."""
    tool = tmp_path / "nvidia-smi"
    tool.write_text("#!/bin/sh\n", "utf-8")
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    found_by_tensorflow(0, monkeypatch)


def found_by_tensorflow(count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    experimental = SimpleNamespace(get_device_details=lambda gpu: {"device_name": gpu})
    gpus = [f"GPU of the year {number}" for number in range(count)]
    config = SimpleNamespace(list_physical_devices=lambda kind: gpus, experimental=experimental)
    monkeypatch.setitem(sys.modules, "tensorflow", SimpleNamespace(config=config))


@pytest.mark.parametrize("visible", ["", "-1", " -1", "-1,0"])
def test_a_gpu_that_is_hidden_needs_no_libraries(
    visible: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    check = doctor._devices()
    assert not check.is_well
    assert f"CUDA_VISIBLE_DEVICES={visible!r} hides its GPUs" in check.fix
    assert "`unset CUDA_VISIBLE_DEVICES`" in check.fix
    assert "libraries" not in check.fix


@pytest.mark.parametrize("visible", [None, "0", "0,-1", "GPU-8f1c"])
def test_a_gpu_that_is_not_hidden_may_lack_them(
    visible: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    if visible is not None:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    assert "install its libraries" in doctor._devices().fix


def test_without_a_driver_nothing_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "-1")
    check = doctor._devices()
    assert check.is_well
    assert not check.fix


def test_a_gpu_without_the_drivers_tool_may_lack_libraries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(doctor, "devices", lambda: ("0",))
    assert "install its libraries" in doctor._devices().fix


@pytest.mark.parametrize(
    ("given", "found", "fix"),
    [
        (("0", "1"), 2, ""),
        (("MIG-8f1c", "MIG-77aa"), 1, ""),
        (("cpu",), 1, "jobs run on the CPU: name it (`export CUDA_VISIBLE_DEVICES=0`)"),
        (("0", "1"), 1, "jobs are given 2 GPUs, of which TensorFlow finds 1"),
    ],
)
def test_what_jobs_are_given_is_what_tensorflow_finds(
    monkeypatch: pytest.MonkeyPatch, given: tuple[str, ...], found: int, fix: str
) -> None:
    found_by_tensorflow(found, monkeypatch)
    monkeypatch.setattr(doctor, "devices", lambda: given)
    check = doctor._devices()
    assert check.is_well == (not fix)
    assert fix in check.fix
