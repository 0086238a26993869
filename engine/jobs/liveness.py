"""Whether a task's worker lives, and how it is asked to stop.

psutil is imported where it is used: a cockpit that opens on finished experiments needs it only
after its first paint.
"""

import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from pydantic import ValidationError

from engine.errors import UserError
from engine.experiment.frozen import Frozen
from engine.files import explained, write_atomically

_CLAIM = "process.json"
_HEARTBEAT = "heartbeat"
_STOP = "stop"
_BEAT_SECONDS = 1.0
# Machines that share a folder may differ in their clocks.
_BEATEN_SECONDS = 90.0


class Claim(Frozen):
    """Which process has a task: a pid alone may be another's after a restart.

    Args:
        pid: the process.
        born: when it was started, by what no change of the clock moves.
        host: the machine, or the container.
    """

    pid: int
    born: str
    host: str

    def is_alive(self) -> bool:
        """Whether that very process still runs on this machine."""
        return self.host == socket.gethostname() and self.born == _born(self.pid) != ""


def claim(folder: Path, pid: int) -> None:
    """Note which process has the task now.

    Args:
        folder: the task's folder.
        pid: the process, of this machine.

    Raises:
        UserError: the disk is full or the folder read-only.
    """
    mine = Claim(pid=pid, born=_born(pid), host=socket.gethostname())
    write_atomically(folder / _CLAIM, mine.model_dump_json())


def claim_of(folder: Path) -> Claim | None:
    """Who has the task, or had it last; None when nobody ever did."""
    try:
        return Claim.model_validate_json((folder / _CLAIM).read_text(encoding="utf-8"))
    except (FileNotFoundError, ValidationError):
        # An older program wrote down something else.
        return None


def is_claimed(folder: Path) -> bool:
    """Whether it says who has the task, or had it: claims below `.hydra/` may be deleted."""
    return (folder / _CLAIM).exists()


def _born(pid: int) -> str:
    """When a process was started; nothing where it has ended."""
    if sys.platform == "linux":
        # psutil adds the time of the boot, which moves with the clock when that is set.
        try:
            text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
        except (FileNotFoundError, ProcessLookupError):
            return ""
        # Behind the name, which may hold anything: the state, and 19 fields on the start.
        state, *fields = text.rpartition(")")[2].split()
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="utf-8").strip()
        return "" if state == "Z" else f"{boot} {fields[18]}"
    import psutil

    try:
        process = psutil.Process(pid)
        ended = process.status() == psutil.STATUS_ZOMBIE
        return "" if ended else str(process.create_time())
    except psutil.NoSuchProcess:
        return ""


def release_claim(folder: Path) -> None:
    """Take the claim back: nobody has the task now."""
    with suppress(FileNotFoundError):
        (folder / _CLAIM).unlink()


def is_alive(folder: Path) -> bool:
    """Whether some worker has the task and lives.

    One of another machine lives while its heart beats: a container that is started again has
    another name, and its workers have died with the one before.
    """
    found = claim_of(folder)
    if found is None or found.host == socket.gethostname():
        return found is not None and found.is_alive()
    return is_recent(last_beat(folder) / 1e9, _BEATEN_SECONDS)


def is_recent(sign: float, seconds: float) -> bool:
    """Whether a sign of life came within some seconds.

    One that lies far ahead is of a clock that was wrong, and says nothing for as long.

    Args:
        sign: its time stamp, seconds.
        seconds: how old it may be.
    """
    return -_BEATEN_SECONDS < time.time() - sign < seconds


def end_worker(folder: Path) -> None:
    """Kill whoever has the task, if it is a living process of this machine."""
    found = claim_of(folder)
    if found is not None and found.is_alive():
        with suppress(ProcessLookupError):
            os.kill(found.pid, signal.SIGKILL)


def request_stop(folder: Path) -> None:
    """Ask the task's worker to finish its batch, save and end.

    Raises:
        UserError: the folder is read-only.
    """
    with explained(folder):
        folder.mkdir(parents=True, exist_ok=True)
        (folder / _STOP).touch()


def is_stop_requested(folder: Path) -> bool:
    """Whether the task was asked to end and no worker has heard of it yet."""
    return (folder / _STOP).exists()


def forget_stop(folder: Path) -> None:
    """Take back a request to stop that was meant for an earlier life of the task."""
    with suppress(FileNotFoundError):
        (folder / _STOP).unlink()


def last_beat(folder: Path) -> int:
    """The heartbeat's time stamp, nanoseconds; 0 before the first."""
    try:
        return (folder / _HEARTBEAT).stat().st_mtime_ns
    except FileNotFoundError:
        return 0


class Heartbeat:
    """A thread that shows that the process lives, and hears requests to stop.

    Args:
        folder: the task's folder.
        on_stop: called once when somebody asks the task to stop.
        on_beat: called before every beat; what it can't do now it is asked again.
    """

    def __init__(
        self,
        folder: Path,
        on_stop: Callable[[], None],
        on_beat: Callable[[], object] = lambda: None,
    ) -> None:
        self._folder = folder
        self._on_stop = on_stop
        self._on_beat = on_beat
        self._ended = threading.Event()
        threading.Thread(target=self._beat, daemon=True, name="heartbeat").start()

    def end(self) -> None:
        """Beat no more."""
        self._ended.set()

    def _beat(self) -> None:
        asked = False
        while True:
            # A full disk must not end the heart while the work may still be saved.
            with suppress(OSError, UserError):
                self._on_beat()
            with suppress(OSError):
                (self._folder / _HEARTBEAT).touch()
                if not asked and is_stop_requested(self._folder):
                    asked = True
                    self._on_stop()
            if self._ended.wait(_BEAT_SECONDS if asked else _BEAT_SECONDS / 4):
                return
