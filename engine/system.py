"""How busy this machine is: CPU, memory, GPUs, disk, and the workers that train."""

import shutil
import socket
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine.jobs.liveness import claim_of
from engine.jobs.workspace import Workspace

if TYPE_CHECKING:
    import psutil

# Shares of time are measured from one reading to the next; the first has none before it.
_FIRST_SECONDS = 0.1


@dataclass(frozen=True)
class GpuLoad:
    """One GPU.

    Args:
        number: by which the driver knows it.
        percent: the share of the time it was at work.
        used: bytes of its memory.
        total: bytes it has.
    """

    number: int
    percent: float
    used: int
    total: int


@dataclass(frozen=True)
class WorkerLoad:
    """What the workers of this workspace take together.

    Args:
        percent: CPU time, 100 a core.
        memory: resident bytes.
    """

    percent: float
    memory: int


@dataclass(frozen=True)
class SystemLoad:
    """The machine at one moment.

    Args:
        percent: CPU time, 100 is all cores.
        cores: how many there are.
        used: bytes of memory.
        total: bytes there are.
        free_disk: bytes free where the workspace lies; None when it has gone.
        gpus: those that NVIDIA's library tells of.
        workers: None while nothing trains here.
    """

    percent: float
    cores: int
    used: int
    total: int
    free_disk: int | None
    gpus: tuple[GpuLoad, ...] = ()
    workers: WorkerLoad | None = None


class SystemMeter:
    """Reads the load from one time to the next. Import costs nothing; the first reading does.

    Args:
        workspace: whose disk and workers count.
    """

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._processes: dict[int, psutil.Process] = {}
        self._is_first = True
        self._nvml: Any = None

    def read(self, tasks: Sequence[tuple[str, str]]) -> SystemLoad:
        """How busy the machine has been since the last reading.

        Args:
            tasks: experiment and name of each task that runs.
        """
        import psutil

        if self._is_first:
            self._nvml = _nvml()
        percent = psutil.cpu_percent(_FIRST_SECONDS if self._is_first else None)
        self._is_first = False
        memory = psutil.virtual_memory()
        return SystemLoad(
            percent=percent,
            cores=psutil.cpu_count() or 1,
            used=memory.total - memory.available,
            total=memory.total,
            free_disk=self._free_disk(),
            gpus=_gpus(self._nvml) if self._nvml is not None else (),
            workers=self._workers(tasks),
        )

    def _free_disk(self) -> int | None:
        with suppress(OSError):
            return shutil.disk_usage(self._workspace.root).free
        return None

    def _workers(self, tasks: Sequence[tuple[str, str]]) -> WorkerLoad | None:
        import psutil

        claims = [claim_of(self._workspace.task(*task)) for task in tasks]
        here = socket.gethostname()
        pids = {one.pid for one in claims if one is not None and one.host == here}
        self._processes = {pid: one for pid, one in self._processes.items() if pid in pids}
        percent, memory, found = 0.0, 0, False
        for pid in pids:
            with suppress(psutil.Error):
                if pid not in self._processes:
                    self._processes[pid] = psutil.Process(pid)
                percent += self._processes[pid].cpu_percent()
                memory += self._processes[pid].memory_info().rss
                found = True
        return WorkerLoad(percent, memory) if found else None


def _nvml() -> Any:
    """NVIDIA's library, ready to be asked; None without it, or without a driver."""
    try:
        import pynvml
    except ImportError:
        return None
    try:
        pynvml.nvmlInit()
    except pynvml.NVMLError:
        return None
    return pynvml


def _gpus(nvml: Any) -> tuple[GpuLoad, ...]:
    found = []
    with suppress(nvml.NVMLError):
        for number in range(nvml.nvmlDeviceGetCount()):
            # One may fall off the bus, or not tell its load as it is parted: the others do.
            with suppress(nvml.NVMLError):
                handle = nvml.nvmlDeviceGetHandleByIndex(number)
                memory = nvml.nvmlDeviceGetMemoryInfo(handle)
                busy = nvml.nvmlDeviceGetUtilizationRates(handle).gpu
                found.append(GpuLoad(number, float(busy), int(memory.used), int(memory.total)))
    return tuple(found)
