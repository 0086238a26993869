"""Keeps the cache of activations within its limit: what was used longest ago goes first."""

import fcntl
import os
import shutil
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

GIGABYTE = 10**9
_LARGEST_DEFAULT = 50 * GIGABYTE
# Left to checkpoints, predictions and logs.
_SPARE = GIGABYTE // 10


class NoRoomError(Exception):
    """Activations don't fit into the cache's limit, or on the disk.

    Args:
        needed: bytes that were asked for.
        limit: bytes that the cache may take.
    """

    def __init__(self, needed: int, limit: int) -> None:
        super().__init__(f"{needed} bytes are needed, {limit} allowed")
        self.needed = needed
        self.limit = limit


def lease(stream: BinaryIO) -> None:
    """Say that a file is in use, for as long as this stream or a memory map made of it lives.

    The system itself ends the lease when the process does, however that happens.

    Args:
        stream: an open file.
    """
    # A file system without locks: files there are never taken to be free.
    with suppress(OSError):
        fcntl.flock(stream, fcntl.LOCK_SH)


def default_limit(folder: Path) -> int:
    """Half of what is free or taken by the cache already, and 50 GB at most.

    Args:
        folder: the cache.

    Returns:
        Bytes.
    """
    return min(_LARGEST_DEFAULT, (shutil.disk_usage(folder).free + _used(folder)) // 2)


def make_room(folder: Path, needed: int, limit: int) -> None:
    """Remove files that nobody uses, least recently used first, until there is room.

    A file that is taken into use between the look and the removal stays readable for whoever
    has it open: the system keeps its content until then.

    Args:
        folder: the cache; its files' time of change says when they were last used.
        needed: bytes about to be written.
        limit: bytes that the cache may take in all.

    Raises:
        NoRoomError: even without them there is not enough; nothing was removed.
    """
    excess = max(_used(folder) + needed - limit, needed + _SPARE - shutil.disk_usage(folder).free)
    doomed = []
    for path, status in sorted(_files(folder), key=lambda found: found[1].st_mtime):
        if excess <= 0:
            break
        if not _is_in_use(path):
            doomed.append(path)
            excess -= status.st_size
    if excess > 0:
        raise NoRoomError(needed, limit)
    for path in doomed:
        path.unlink(missing_ok=True)


def _used(folder: Path) -> int:
    return sum(status.st_size for _, status in _files(folder))


def _files(folder: Path) -> list[tuple[Path, os.stat_result]]:
    found = []
    for path in folder.iterdir():
        if path.suffix in (".npy", ".partial"):
            with suppress(FileNotFoundError):
                found.append((path, path.stat()))
    return found


def _is_in_use(path: Path) -> bool:
    try:
        with path.open("rb") as stream:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except OSError:
        return True
    return False
