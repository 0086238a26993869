"""One process at a time, over all processes that share a workspace."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from engine.files import explained

_LOOK_SECONDS = 0.5


@contextmanager
def exclusive(lock: Path, waiting: Callable[[], None] = lambda: None) -> Iterator[None]:
    """Hold a lock file; wait for whoever holds it now. A dead holder's lock is free.

    Args:
        lock: the lock file; its folder is made when missing.
        waiting: called again and again while somebody else holds it; what it raises ends the
            waiting.

    Raises:
        UserError: the lock can't be written (read-only workspace, full disk).
    """
    with explained(lock):
        lock.parent.mkdir(parents=True, exist_ok=True)
        held = FileLock(lock)
        while not held.is_locked:
            try:
                held.acquire(timeout=_LOOK_SECONDS)
            except Timeout:
                waiting()
    try:
        yield
    finally:
        held.release()
