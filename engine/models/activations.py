"""The activations of frozen trunks, as they are kept on disk: one file a tensor and image set."""

import errno
import math
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import BinaryIO

import numpy as np
from filelock import FileLock, Timeout
from numpy.typing import NDArray

from engine.errors import UserError
from engine.files import explained
from engine.models.room import NoRoomError, default_limit, lease, make_room

Rows = Callable[[int], Iterator[Sequence[NDArray[np.floating]]]]
Step = Callable[[int, int], None]

_POLL_SECONDS = 0.2
_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


class Stored:
    """One file to be: a header in NumPy's format, then a row an image.

    Args:
        name: the file's stem.
        shape: (images, ..); up to one more dimension, pooled features, is kept in float32, which
            costs little and spares what is often wide in range; a map is kept in float16.
    """

    def __init__(self, name: str, shape: tuple[int, ...]) -> None:
        self.name = name
        self.shape = shape
        self.dtype: np.dtype[np.floating] = np.dtype("float32" if len(shape) <= 2 else "float16")

    @property
    def row_bytes(self) -> int:
        """Bytes of one image."""
        return math.prod(self.shape[1:]) * self.dtype.itemsize

    @property
    def total_bytes(self) -> int:
        """Bytes of all images."""
        return self.shape[0] * self.row_bytes


class ActivationStore:
    """The folder in which activations are kept.

    Args:
        folder: where; made when missing.
        limit: bytes that it may take; by default half of what the disk has to give.

    Raises:
        UserError: the folder can't be made.
    """

    def __init__(self, folder: Path, limit: int | None = None) -> None:
        self._folder = folder
        with explained(folder):
            folder.mkdir(parents=True, exist_ok=True)
        self.limit = default_limit(folder) if limit is None else limit

    def open(self, stored: Stored) -> NDArray[np.floating] | None:
        """Open what has been computed; while it is open, nobody removes it to make room.

        Args:
            stored: the file.

        Returns:
            A read-only memory map of its shape, or None when it isn't there or damaged.
        """
        path = self._path(stored)
        try:
            with path.open("rb") as stream:
                lease(stream)
                if _read_header(stream) != (stored.shape, stored.dtype):
                    return None
                os.utime(path)
                return np.memmap(
                    stream, stored.dtype, "r", offset=stream.tell(), shape=stored.shape
                )
        except (OSError, ValueError, EOFError):
            return None

    def rows_done(self, wanted: Sequence[Stored]) -> int:
        """How far a computation, this process's or another's, has got.

        Args:
            wanted: the files that are computed together.

        Returns:
            Rows that all of them have.
        """
        return min(self._rows_in_partial(stored) for stored in wanted)

    @contextmanager
    def computing(self, name: str, waiting: Callable[[], None]) -> Iterator[None]:
        """Be the only one that computes what has this name; a dead holder's claim is void.

        Args:
            name: names the claim.
            waiting: called several times a second while somebody else has it; may raise.

        Raises:
            UserError: the lock can't be written.
        """
        lock = FileLock(self._folder / f"{name}.lock")
        with explained(self._folder):
            while True:
                try:
                    lock.acquire(timeout=_POLL_SECONDS)
                    break
                except Timeout:
                    waiting()
        try:
            yield
        finally:
            lock.release()

    def write(
        self, wanted: Sequence[Stored], rows: Rows, batch: int, step: Step | None = None
    ) -> None:
        """Compute files row by row, going on where an earlier attempt ended.

        What was begun is kept when `rows` or `step` raises.

        Args:
            wanted: the files, all of the same number of images.
            rows: from the first row to the values of each file for it and all behind it, some
                rows at a time.
            batch: how many at a time; attempts go on at a multiple of it.
            step: called with rows done and rows in all after each batch.

        Raises:
            NoRoomError: they don't fit, or the disk turns out to be full; nothing is left behind.
            UserError: the folder is read-only, or a value is no number.
        """
        with explained(self._folder):
            try:
                self._write(wanted, rows, batch, step)
            except OSError as error:
                if error.errno not in _NO_ROOM:
                    raise
                needed = sum(stored.total_bytes for stored in wanted)
                for stored in wanted:
                    self._partial(stored).unlink(missing_ok=True)
                raise NoRoomError(needed, self.limit) from error

    def _write(self, wanted: Sequence[Stored], rows: Rows, batch: int, step: Step | None) -> None:
        count = wanted[0].shape[0]
        with ExitStack() as stack:
            # Each row reaches all files before the next: the shortest tells how far it went.
            done = self.rows_done(wanted) // batch * batch
            streams = [stack.enter_context(self._resumed(stored, done)) for stored in wanted]
            left = sum(stored.row_bytes for stored in wanted) * (count - done)
            make_room(self._folder, left, self.limit)
            for found in rows(done):
                for stream, stored, values in zip(streams, wanted, found, strict=True):
                    _write_rows(stream, stored, values)
                done += len(found[0])
                if step is not None:
                    step(done, count)
            for stream, stored in zip(streams, wanted, strict=True):
                os.fsync(stream.fileno())
                self._partial(stored).replace(self._path(stored))

    def _resumed(self, stored: Stored, done: int) -> BinaryIO:
        """The begun file, cut behind the rows that are done."""
        # Plain writes, not a writable map: on a full disk a map kills the process.
        stream: BinaryIO = self._partial(stored).open("r+b" if done else "w+b", buffering=0)
        lease(stream)
        if not done:
            _write_header(stream, stored)
        else:
            _read_header(stream)
            stream.truncate(stream.tell() + done * stored.row_bytes)
            stream.seek(0, os.SEEK_END)
        return stream

    def _rows_in_partial(self, stored: Stored) -> int:
        try:
            with self._partial(stored).open("rb") as stream:
                if _read_header(stream) != (stored.shape, stored.dtype):
                    return 0
                rows = (os.fstat(stream.fileno()).st_size - stream.tell()) // stored.row_bytes
        except (OSError, ValueError, EOFError):
            return 0
        return max(0, min(rows, stored.shape[0]))

    def _path(self, stored: Stored) -> Path:
        return self._folder / f"{stored.name}.npy"

    def _partial(self, stored: Stored) -> Path:
        return self._folder / f"{stored.name}.partial"


def _write_header(stream: BinaryIO, stored: Stored) -> None:
    header = {"descr": stored.dtype.str, "fortran_order": False, "shape": stored.shape}
    np.lib.format.write_array_header_1_0(stream, header)


def _read_header(stream: BinaryIO) -> tuple[tuple[int, ...], np.dtype[np.generic]]:
    if np.lib.format.read_magic(stream) != (1, 0):
        raise ValueError("not as it was written")
    shape, _, dtype = np.lib.format.read_array_header_1_0(stream)
    return shape, dtype


def _write_rows(stream: BinaryIO, stored: Stored, values: NDArray[np.floating]) -> None:
    if not np.isfinite(values).all():
        # Kept, it would spoil every run that reads it. Half precision ends in infinity.
        raise UserError(
            "What the frozen layers make of the images is no number.",
            "finite activations.",
            "set precision=float32, which reaches further than mixed_float16, or other weights.",
        )
    limits = np.finfo(stored.dtype.type)
    left = memoryview(np.clip(values, limits.min, limits.max).astype(stored.dtype).tobytes())
    # Unbuffered writes may take less than they are given.
    while left:
        left = left[stream.write(left) :]
