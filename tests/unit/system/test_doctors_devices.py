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


def found_by_tensorflow(
    count: int, monkeypatch: pytest.MonkeyPatch, capability: tuple[int, int] = (8, 6)
) -> None:
    experimental = SimpleNamespace(
        get_device_details=lambda gpu: {"device_name": gpu, "compute_capability": capability}
    )
    gpus = [f"GPU of the year {number}" for number in range(count)]
    config = SimpleNamespace(list_physical_devices=lambda kind: gpus, experimental=experimental)
    built = {"cuda_compute_capabilities": ["sm_60", "sm_70", "sm_89", "compute_90"]}
    sysconfig = SimpleNamespace(get_build_info=lambda: built)
    tensorflow = SimpleNamespace(config=config, sysconfig=sysconfig)
    monkeypatch.setitem(sys.modules, "tensorflow", tensorflow)


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
    fix = doctor._devices().fix
    assert fix.startswith(
        "jobs are given GPU 0, but TensorFlow finds no GPU: install its libraries"
    )


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
    monkeypatch.setattr(doctor, "_tried", lambda _number, name: (name, ""))
    check = doctor._devices()
    assert check.is_well == (not fix)
    assert fix in check.fix


@pytest.mark.parametrize("failure", ["", "DNN library initialization failed."])
def test_a_gpu_is_tried_as_runs_would_have_it(
    monkeypatch: pytest.MonkeyPatch, failure: str
) -> None:
    tried: list[tuple[str, str]] = []

    def failure_on(device: str, precision: str) -> str:
        tried.append((device, precision))
        return failure if device == "GPU:1" else ""

    compiling = SimpleNamespace(usual_precision=lambda: "mixed_float16")
    monkeypatch.setitem(sys.modules, "engine.training.compiling", compiling)
    trying = SimpleNamespace(failure_on=failure_on)
    monkeypatch.setitem(sys.modules, "engine.training.trying", trying)
    monkeypatch.setattr(doctor, "devices", lambda: ("0", "1"))
    found_by_tensorflow(2, monkeypatch)
    check = doctor._devices()
    assert tried == [("GPU:0", "mixed_float16"), ("GPU:1", "mixed_float16")]
    assert check.is_well == (not failure)
    assert "GPU of the year 0, which computes in mixed_float16" in check.found
    assert ("which fails in mixed_float16" in check.found) == bool(failure)
    said = f"GPU of the year 1 can't compute ({failure}): free its memory"
    assert check.fix.startswith(said if failure else "")


@pytest.mark.parametrize(("capability", "is_told"), [((9, 0), False), ((12, 0), True)])
def test_a_gpu_that_is_newer_than_tensorflow_is_slow_at_first(
    monkeypatch: pytest.MonkeyPatch, capability: tuple[int, int], is_told: bool
) -> None:
    found_by_tensorflow(1, monkeypatch, capability)
    monkeypatch.setattr(doctor, "devices", lambda: ("0",))
    monkeypatch.setattr(doctor, "_tried", lambda _number, name: (name, ""))
    check = doctor._devices()
    assert check.is_well
    assert ("compiles TensorFlow at the first run" in check.found) == is_told
