"""How a task gets its process: local ones now, a cluster's later, under the same contract."""

import logging
import os
import platform
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Protocol

from engine.files import explained
from engine.jobs.forking import CAN_FORK, ForkedWorker
from engine.jobs.liveness import claim

_RETRY_SECONDS = 60.0
# A driver that wakes several GPUs up takes some.
_DRIVER_SECONDS = 30.0
# A folder a GPU, by the kernel's part of the driver: also where `nvidia-smi` is not installed.
_KERNEL_KNOWS = Path("/proc/driver/nvidia/gpus")
# Tells glibc's allocator to keep what is freed. Else it gives the memory of every batch back to the
# system and fetches it again page by page, which takes half of a fit's time on a CPU.
_KEEPING_MEMORY = {"MALLOC_MMAP_MAX_": "0", "MALLOC_TRIM_THRESHOLD_": str(16 << 30)}
# By itself TensorFlow computes with oneDNN on the newest processors alone. On older ones, too,
# networks train with it up to 1.9 times as fast (measured on those of PCs).
_CONVOLVING = {"TF_ENABLE_ONEDNN_OPTS": "1"} if platform.machine() == "x86_64" else {}
_VISIBLE = "CUDA_VISIBLE_DEVICES"
# As `MIG 3g.20gb Device 0: (UUID: MIG-3cd64f3c-..)`.
_PART = re.compile(r"\(UUID: (MIG-[^)]+)\)")

_log = logging.getLogger("supervisor")


class Handle(Protocol):
    """A process that was started for a task."""

    def exit_code(self) -> int | None:
        """None while it runs; negative for the signal that ended it."""

    def kill(self) -> None:
        """End it at once."""


class Launcher(Protocol):
    """Starts `python -m engine.jobs.worker` somewhere.

    What a worker needs lies in its task's folder, and what it says lies in the event file
    there; so every launcher that can start a process which sees that folder will do.
    """

    def launch(self, folder: Path, device: str) -> Handle:
        """Start the task in `folder` on `device` (`cpu`, or how CUDA calls a GPU)."""

    def warm(self, device: str) -> None:
        """Start a process ahead of the next task on that device."""

    def end(self) -> None:
        """End the processes that wait for a task."""


class SpawnedWorker:
    """A worker that imports everything itself, and waits for its task.

    Args:
        log: where it writes what it has to say before it has a task.
        environment: its environment.
    """

    def __init__(self, log: Path, environment: dict[str, str]) -> None:
        with explained(log), log.open("a", encoding="utf-8") as stream:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "engine.jobs.worker"],
                stdin=subprocess.PIPE,
                stdout=stream,
                stderr=stream,
                text=True,
                start_new_session=True,
                env=environment,
            )

    @property
    def pid(self) -> int:
        """Its process."""
        return self._process.pid

    def give(self, folder: Path) -> None:
        """Let it run the task in a folder, and then end.

        Raises:
            BrokenPipeError: it is gone.
        """
        assert self._process.stdin is not None
        self._process.stdin.write(f"{folder}\n")
        self._process.stdin.close()

    def exit_code(self) -> int | None:
        """None while it lives; negative for the signal that ended it."""
        return self._process.poll()

    def kill(self) -> None:
        """End it at once."""
        self._process.kill()

    def end(self) -> None:
        """End it at once, and wait until it is gone."""
        self._process.kill()
        self._process.wait()


class LocalLauncher:
    """Processes of this machine, each in a session of its own so that no terminal ends them.

    Args:
        log: where waiting workers write what they have to say before they have a task.
    """

    def __init__(self, log: Path) -> None:
        self._log = log
        self._waiting: dict[str, ForkedWorker | SpawnedWorker] = {}
        self._started_at: dict[str, float] = {}

    def launch(self, folder: Path, device: str) -> Handle:
        """Give the task to the warm worker of that device, or to a new one."""
        for attempt in range(2):
            if not self._is_waiting(device):
                self._start(device)
            worker = self._waiting[device]
            with explained(folder):
                # A workspace that was deleted while a worker started is not to be made again.
                folder.stat()
            # Before it is taken: where the disk is full it waits for the next one.
            claim(folder, worker.pid)
            del self._waiting[device]
            try:
                worker.give(folder)
                break
            except BrokenPipeError:
                # The warm worker died while it waited; a second one that does is a real fault.
                if attempt:
                    raise
        return worker

    def warm(self, device: str) -> None:
        """Have a worker waiting on that device.

        One that dies while it waits, of a broken installation or for want of memory, is not
        replaced at once: the next would die as well.
        """
        died = device in self._waiting and not self._is_waiting(device)
        if self._is_waiting(device) or (
            died and time.monotonic() - self._started_at[device] < _RETRY_SECONDS
        ):
            return
        self._start(device)

    def _is_waiting(self, device: str) -> bool:
        waiting = self._waiting.get(device)
        return waiting is not None and waiting.exit_code() is None

    def _start(self, device: str) -> None:
        self._started_at[device] = time.monotonic()
        with explained(self._log):
            self._log.touch()
        self._waiting[device] = self._started(device)

    def _started(self, device: str) -> ForkedWorker | SpawnedWorker:
        environment = worker_environment(device)
        if device == "cpu" and CAN_FORK:
            try:
                return ForkedWorker(self._log, environment)
            except (OSError, EOFError) as error:
                _log.warning("workers can't be forked (%s): each imports everything", error)
        return SpawnedWorker(self._log, environment)

    def end(self) -> None:
        """End the waiting workers."""
        for worker in self._waiting.values():
            worker.end()
        self._waiting.clear()


def worker_environment(device: str) -> dict[str, str]:
    """What a worker on a device is started with.

    Args:
        device: `cpu`, or how CUDA calls a GPU.
    """
    # CUDA counts the fastest first unless it is told otherwise. Whoever names devices by hand does
    # so by CUDA's order.
    order = {} if _VISIBLE in os.environ else {"CUDA_DEVICE_ORDER": "PCI_BUS_ID"}
    return (
        _KEEPING_MEMORY
        | _CONVOLVING
        | dict(os.environ)
        | order
        | {
            _VISIBLE: "-1" if device == "cpu" else device,
            # A user's own keras.json or variable must not change what a spec means.
            "KERAS_BACKEND": "tensorflow",
            "TF_CPP_MIN_LOG_LEVEL": os.environ.get("TF_CPP_MIN_LOG_LEVEL", "2"),
            "TF_FORCE_GPU_ALLOW_GROWTH": "true",
        }
    )


def devices() -> tuple[str, ...]:
    """The machine's GPUs by number, their parts by UUID, or `cpu`; asked of the driver."""
    visible = os.environ.get(_VISIBLE)
    if visible is not None:
        named = tuple(part for part in visible.split(",") if part.strip() not in ("", "-1"))
        return named or ("cpu",)
    tool = shutil.which("nvidia-smi")
    if tool is None:
        return _numbered(len(list(_KERNEL_KNOWS.glob("*"))))
    try:
        listing = subprocess.run(  # noqa: S603 (found on PATH)
            [tool, "-L"], capture_output=True, text=True, check=False, timeout=_DRIVER_SECONDS
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        # A driver that hangs would keep all that is queued waiting, without a word.
        _log.warning("the NVIDIA driver does not answer (%s): computing on the CPU", error)
        return ("cpu",)
    return _listed(listing.stdout) or ("cpu",)


def _listed(listing: str) -> tuple[str, ...]:
    """What `nvidia-smi -L` lists: GPUs by number, and one that is parted (MIG) by its parts."""
    gpus: list[list[str]] = []
    for line in listing.splitlines():
        if line.startswith("GPU "):
            gpus.append([])
        elif part := _PART.search(line):
            gpus[-1].append(part[1])
    return tuple(name for number, parts in enumerate(gpus) for name in parts or [str(number)])


def _numbered(count: int) -> tuple[str, ...]:
    return tuple(str(number) for number in range(count)) or ("cpu",)
