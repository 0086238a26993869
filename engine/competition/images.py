"""Every image decoded once per resolution, into one memory map that all runs share."""

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from engine.competition.decoding import DECODER, MISSING, UnreadableImageError, decode
from engine.competition.locks import exclusive
from engine.competition.white import White, as_text
from engine.files import explained

Progress = Callable[[int, int], None]

_CHUNK = 32


@dataclass(frozen=True, eq=False)
class DecodedImages:
    """The pixels of an image set.

    Args:
        array: uint8, (images, size, size, 3), a read-only memory map; zeros where unreadable.
        unreadable: position to the reason, for files that gave no pixels.
        key: changes with the files, and with what is taken for white in them.
    """

    array: np.ndarray
    unreadable: Mapping[int, str]
    key: str


@dataclass(frozen=True)
class ImageSetKey:
    """What an image set's cache depends on.

    Args:
        digest: of every file's path, size and time of change, in order.
        files: one 64-bit number a path; tells which caches are of the same images.
    """

    digest: str
    files: tuple[int, ...]


_ORDINARY = White()


def image_set_key(paths: Sequence[Path | None], white: White = _ORDINARY) -> ImageSetKey:
    """Identify an image set by its files as they are now, without opening them.

    Args:
        paths: the images, in order; None for one that is missing.
        white: the competition's, where they have been decoded.

    Returns:
        The key; it changes when any file is added, removed, changed or moved.
    """
    whole = hashlib.blake2b(f"decoder {DECODER}".encode(), digest_size=12)
    if white != _ORDINARY:
        whole.update(as_text(white).encode())
    files: list[int] = []
    for path in paths:
        name = str(path).encode()
        try:
            status = os.stat(name) if path is not None else None
        except OSError:
            status = None
        fact = f"{status.st_size} {status.st_mtime_ns}" if status is not None else "missing"
        whole.update(name + b"\0" + fact.encode() + b"\0")
        files.append(int.from_bytes(hashlib.blake2b(name, digest_size=8).digest(), "little"))
    return ImageSetKey(whole.hexdigest(), tuple(files))


def decode_images(
    paths: Sequence[Path | None],
    size: int,
    cache: Path,
    progress: Progress,
    white: White = _ORDINARY,
) -> DecodedImages:
    """Open the decoded images; build them first when there are none of these very files.

    Processes that ask for the same images wait for one build.

    Args:
        paths: the images, in order; None for one that is missing.
        size: side of the squares, pixels.
        cache: the workspace's cache folder.
        progress: told images done and images in all, while building.
        white: the competition's.

    Returns:
        The pixels, and which files gave none.

    Raises:
        UserError: the cache can't be written, or the disk is too small for it.
    """
    key = image_set_key(paths, white)
    if not paths:
        return DecodedImages(np.zeros((0, size, size, 3), np.uint8), {}, key.digest)
    folder = cache / "decoded"
    home = folder / f"{size}-{key.digest}"
    if not home.is_dir():
        # Whoever waits hears that it is to stop, too.
        waiting = partial(progress, 0, len(paths))
        with exclusive(folder / "lock", waiting), explained(folder):
            if not home.is_dir():
                _build(paths, size, key, home, progress, white)
    array = np.load(home / "pixels.npy", mmap_mode="r")
    reasons = json.loads((home / "unreadable.json").read_text(encoding="utf-8"))
    unreadable = {int(row): reason for row, reason in reasons.items()}
    return DecodedImages(array, unreadable, key.digest)


def in_parallel(work: Callable[[int], None], count: int, progress: Progress) -> None:
    """Call `work` with 0..count-1 on all cores; Pillow decodes without holding Python's lock.

    Args:
        work: what to do with one position.
        count: how many positions.
        progress: told done and in all.
    """

    def chunk(start: int) -> int:
        stop = min(start + _CHUNK, count)
        for row in range(start, stop):
            work(row)
        return stop - start

    done = 0
    with ThreadPoolExecutor(
        len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    ) as pool:
        for finished in pool.map(chunk, range(0, count, _CHUNK)):
            done += finished
            progress(done, count)


def _build(
    paths: Sequence[Path | None],
    size: int,
    key: ImageSetKey,
    home: Path,
    progress: Progress,
    white: White,
) -> None:
    # The lock is held, so whatever lies here unfinished was left by a process that died.
    for leftover in home.parent.glob(".building-*"):
        shutil.rmtree(leftover, ignore_errors=True)
    superseded = list(_superseded(home, size, key))
    temporary = Path(tempfile.mkdtemp(dir=home.parent, prefix=".building-"))
    try:
        pixels = _preallocated(temporary / "pixels.npy", (len(paths), size, size, 3))
        unreadable: dict[int, str] = {}

        def work(row: int) -> None:
            path = paths[row]
            try:
                if path is None:
                    raise UnreadableImageError(MISSING)
                pixels[row] = decode(path, size, white)
            except UnreadableImageError as error:
                unreadable[row] = str(error)

        in_parallel(work, len(paths), progress)
        pixels.flush()
        np.save(temporary / "files.npy", np.array(key.files, np.uint64))
        (temporary / "unreadable.json").write_text(
            json.dumps(dict(sorted(unreadable.items())), indent=1), encoding="utf-8"
        )
        temporary.rename(home)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise
    for old in superseded:
        shutil.rmtree(old, ignore_errors=True)


def _preallocated(path: Path, shape: tuple[int, ...]) -> np.memmap:
    """A new array file with its disk space taken: a full disk would kill a memory map's writer."""
    pixels = np.lib.format.open_memmap(path, mode="w+", dtype=np.uint8, shape=shape)
    if hasattr(os, "posix_fallocate"):
        with path.open("r+b") as stream:
            os.posix_fallocate(stream.fileno(), 0, path.stat().st_size)
    return pixels


def _superseded(home: Path, size: int, key: ImageSetKey) -> Iterator[Path]:
    """Caches of mostly the same files, as they were before."""
    for old in home.parent.glob(f"{size}-*"):
        with suppress(OSError, ValueError):
            files = np.load(old / "files.npy")
            common = len(np.intersect1d(files, np.array(key.files, np.uint64)))
            if 2 * common > min(len(files), len(key.files)):
                yield old
