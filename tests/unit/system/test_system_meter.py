"""Reading the machine's load."""

import os
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from engine.jobs.liveness import claim
from engine.jobs.workspace import Workspace
from engine.system import GpuLoad, SystemMeter


def test_a_machine_is_read_and_nobody_works_here(tmp_path: Path) -> None:
    load = SystemMeter(Workspace(tmp_path)).read([("1", "fold0")])
    assert load.cores >= 1
    assert 0 < load.used < load.total
    assert load.free_disk
    assert load.workers is None


def test_workers_count_while_they_live(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    for name, pid in (("fold0", os.getpid()), ("fold1", os.getppid())):
        workspace.task("1", name).mkdir(parents=True)
        claim(workspace.task("1", name), pid)
    meter = SystemMeter(workspace)
    one = meter.read([("1", "fold0")]).workers
    both = meter.read([("1", "fold0"), ("1", "fold1")]).workers
    assert one is not None
    assert both is not None
    assert both.memory > one.memory > 0
    assert meter.read([]).workers is None


def test_a_workspace_that_is_gone_has_no_disk(tmp_path: Path) -> None:
    assert SystemMeter(Workspace(tmp_path / "gone")).read([]).free_disk is None


class NoSuchThing(Exception):
    """What NVIDIA's library raises."""


def nvml(**changes: object) -> SimpleNamespace:
    """NVIDIA's library on a machine with two GPUs."""
    names = {
        "NVMLError": NoSuchThing,
        "nvmlInit": lambda: None,
        "nvmlDeviceGetCount": lambda: 2,
        "nvmlDeviceGetHandleByIndex": lambda number: number,
        "nvmlDeviceGetMemoryInfo": lambda number: SimpleNamespace(used=number + 1, total=8),
        "nvmlDeviceGetUtilizationRates": lambda number: SimpleNamespace(gpu=10 * number),
    }
    return SimpleNamespace(**(names | changes))


def fails(*_: object) -> None:
    raise NoSuchThing


def test_gpus_are_told_of_by_nvidias_library(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pynvml", nvml())
    gpus = SystemMeter(Workspace(tmp_path)).read([]).gpus
    assert gpus == (GpuLoad(0, 0.0, 1, 8), GpuLoad(1, 10.0, 2, 8))


def test_a_gpu_that_tells_no_load_hides_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As one that is parted into instances (MIG)."""

    def load(number: int) -> SimpleNamespace:
        if number == 0:
            raise NoSuchThing
        return SimpleNamespace(gpu=50)

    monkeypatch.setitem(sys.modules, "pynvml", nvml(nvmlDeviceGetUtilizationRates=load))
    assert SystemMeter(Workspace(tmp_path)).read([]).gpus == (GpuLoad(1, 50.0, 2, 8),)


@pytest.mark.parametrize("failing", ["nvmlInit", "nvmlDeviceGetCount", "nvmlDeviceGetMemoryInfo"])
def test_without_a_driver_there_is_no_gpu(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failing: str
) -> None:
    monkeypatch.setitem(sys.modules, "pynvml", nvml(**{failing: fails}))
    assert SystemMeter(Workspace(tmp_path)).read([]).gpus == ()


def test_without_the_library_there_is_no_gpu(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pynvml", None)
    assert SystemMeter(Workspace(tmp_path)).read([]).gpus == ()
