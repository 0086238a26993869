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
    config = SimpleNamespace(list_physical_devices=lambda kind: [])
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
