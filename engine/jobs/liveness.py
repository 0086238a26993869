"""Whether a task's worker lives, and how it is asked to stop.

psutil is imported where it is used: a cockpit that opens on finished experiments needs it only
after its first paint.
"""

import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from engine.experiment.frozen import Frozen
from engine.files import explained, write_atomically

_CLAIM = "process.json"
_HEARTBEAT = "heartbeat"
_STOP = "stop"
_BEAT_SECONDS = 1.0


class Claim(Frozen):
    """Which process has a task: a pid alone may be another's after a restart."""

    pid: int
    created: float
    host: str

    def is_alive(self) -> bool:
        """Whether that very process still runs; one on another host is taken to."""
        if self.host != socket.gethostname():
            return True
        import psutil

        try:
            process = psutil.Process(self.pid)
            same = abs(process.create_time() - self.created) < 1.0
            return same and process.status() != psutil.STATUS_ZOMBIE
        except psutil.NoSuchProcess:
            return False


def claim(folder: Path, pid: int) -> None:
    """Note which process has the task now.

    Args:
        folder: the task's folder.
        pid: the process, of this machine.

    Raises:
        UserError: the disk is full or the folder read-only.
    """
    import psutil

    created = psutil.Process(pid).create_time()
    mine = Claim(pid=pid, created=created, host=socket.gethostname())
    write_atomically(folder / _CLAIM, mine.model_dump_json())


def claim_of(folder: Path) -> Claim | None:
    """Who has the task, or had it last; None when nobody ever did."""
    try:
        return Claim.model_validate_json((folder / _CLAIM).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None


def release_claim(folder: Path) -> None:
    """Take the claim back: nobody has the task now."""
    with suppress(FileNotFoundError):
        (folder / _CLAIM).unlink()


def is_alive(folder: Path) -> bool:
    """Whether some worker has the task and lives."""
    found = claim_of(folder)
    return found is not None and found.is_alive()


def end_worker(folder: Path) -> None:
    """Kill whoever has the task, if it is a living process of this machine."""
    import psutil

    found = claim_of(folder)
    if found is not None and found.host == socket.gethostname() and found.is_alive():
        with suppress(psutil.NoSuchProcess):
            psutil.Process(found.pid).kill()


def request_stop(folder: Path) -> None:
    """Ask the task's worker to finish its batch, save and end.

    Raises:
        UserError: the folder is read-only.
    """
    with explained(folder):
        folder.mkdir(parents=True, exist_ok=True)
        (folder / _STOP).touch()


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
    """

    def __init__(self, folder: Path, on_stop: Callable[[], None]) -> None:
        self._folder = folder
        self._on_stop = on_stop
        self._ended = threading.Event()
        threading.Thread(target=self._beat, daemon=True, name="heartbeat").start()

    def end(self) -> None:
        """Beat no more."""
        self._ended.set()

    def _beat(self) -> None:
        asked = False
        while True:
            # A full disk must not end the heart while the work may still be saved.
            with suppress(OSError):
                (self._folder / _HEARTBEAT).touch()
                if not asked and (self._folder / _STOP).exists():
                    asked = True
                    self._on_stop()
            if self._ended.wait(_BEAT_SECONDS if asked else _BEAT_SECONDS / 4):
                return
