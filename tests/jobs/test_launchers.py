"""How workers are started, kept warm, and on which devices."""

import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from engine.errors import UserError
from engine.jobs import launchers
from engine.jobs.launchers import LocalLauncher, devices
from tests.support import refused, wait_until


def test_a_worker_that_could_not_be_given_its_task_waits_for_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    worker = SimpleNamespace(pid=7, exit_code=lambda: None, give=lambda _: None)
    launcher = LocalLauncher(tmp_path / "log")
    launcher._waiting["cpu"] = worker  # type: ignore[assignment] # all that is asked of one

    with monkeypatch.context() as patch:
        patch.setattr(launchers, "claim", refused)
        with pytest.raises(UserError):
            launcher.launch(tmp_path, "cpu")
    assert launcher.launch(tmp_path, "cpu") is worker
    assert launcher._waiting == {}


def test_a_warm_worker_that_dies_at_once_is_not_started_again_and_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(launchers, "CAN_FORK", False)
    monkeypatch.setattr(launchers.sys, "executable", "/bin/false")  # type: ignore[attr-defined]  # sys, as that module sees it
    launcher = LocalLauncher(tmp_path / "log.txt")
    launcher.warm("cpu")
    (first,) = launcher._waiting.values()
    wait_until(lambda: first.exit_code() is not None)
    for _ in range(5):
        launcher.warm("cpu")
    assert list(launcher._waiting.values()) == [first]
    monkeypatch.setattr(launchers, "_RETRY_SECONDS", 0.0)
    launcher.warm("cpu")
    assert list(launcher._waiting.values()) != [first]
    launcher.end()


@pytest.mark.parametrize(
    ("visible", "found"), [("", ("cpu",)), ("-1", ("cpu",)), ("0", ("0",)), ("2,3", ("2", "3"))]
)
def test_the_devices_are_those_that_are_visible(
    visible: str, found: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    assert devices() == found


def test_a_driver_that_does_not_answer_keeps_nobody_waiting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hanging = tmp_path / "nvidia-smi"
    hanging.write_text("#!/bin/sh\nexec sleep 60\n", "utf-8")
    hanging.chmod(0o755)
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")
    monkeypatch.setattr(launchers, "_DRIVER_SECONDS", 0.2)
    began = time.monotonic()
    assert devices() == ("cpu",)
    assert time.monotonic() - began < 50


def test_the_parts_of_a_gpu_are_devices_of_their_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    listing = """\
GPU 0: NVIDIA A100-SXM4-40GB (UUID: GPU-5c89852c-d268-c3f3-1b07-005d5ae1dc3f)
GPU 1: NVIDIA A100-SXM4-40GB (UUID: GPU-8f1c77aa-1b07-d268-c3f3-5d5ae1dc3f00)
  MIG 3g.20gb     Device  0: (UUID: MIG-3cd64f3c-2a5b-5b6d-8a0e-9a6b5b3c1d2e)
  MIG 3g.20gb     Device  1: (UUID: MIG-GPU-8f1c77aa-1b07-d268-c3f3-5d5ae1dc3f00/2/0)
"""
    tool = tmp_path / "nvidia-smi"
    tool.write_text(f"#!/bin/sh\ncat <<END\n{listing}END\n", "utf-8")
    tool.chmod(0o755)
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")
    assert devices() == (
        "0",
        "MIG-3cd64f3c-2a5b-5b6d-8a0e-9a6b5b3c1d2e",
        "MIG-GPU-8f1c77aa-1b07-d268-c3f3-5d5ae1dc3f00/2/0",
    )


def test_without_its_tool_the_kernel_is_asked_for_gpus(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(launchers, "_KERNEL_KNOWS", tmp_path / "gpus")
    assert devices() == ("cpu",)
    for address in ("0000:00:1e.0", "0000:00:1f.0"):
        (tmp_path / "gpus" / address).mkdir(parents=True)
    assert devices() == ("0", "1")


@pytest.mark.parametrize(("visible", "order"), [(None, "PCI_BUS_ID"), ("1,0", None)])
def test_the_drivers_numbers_are_cudas(
    visible: str | None, order: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CUDA_DEVICE_ORDER", raising=False)
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    if visible is not None:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    given = launchers.worker_environment("1")
    assert given["CUDA_VISIBLE_DEVICES"] == "1"
    assert given.get("CUDA_DEVICE_ORDER") == order


def test_one_dnn_is_on_unless_somebody_turns_it_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TF_ENABLE_ONEDNN_OPTS", raising=False)
    assert launchers.worker_environment("cpu")["TF_ENABLE_ONEDNN_OPTS"] == "1"
    monkeypatch.setenv("TF_ENABLE_ONEDNN_OPTS", "0")
    assert launchers.worker_environment("cpu")["TF_ENABLE_ONEDNN_OPTS"] == "0"
