"""One process at a time, over all processes that share a workspace."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock

from engine.files import explained


@contextmanager
def exclusive(lock: Path) -> Iterator[None]:
    """Hold a lock file; wait for whoever holds it now. A dead holder's lock is free.

    Args:
        lock: the lock file; its folder is made when missing.

    Raises:
        UserError: the lock can't be written (read-only workspace, full disk).
    """
    with explained(lock):
        lock.parent.mkdir(parents=True, exist_ok=True)
        held = FileLock(lock)
        held.acquire()
    try:
        yield
    finally:
        held.release()
