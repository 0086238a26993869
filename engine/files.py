"""Writing a file so that a reader sees the old one or the new one, never half of it."""

import errno
import os
import secrets
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from engine.errors import UnwritableError

_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_NOT_ALLOWED = {errno.EACCES, errno.EPERM, errno.EROFS}
_IN_THE_WAY = {errno.EEXIST, errno.ENOTDIR, errno.EISDIR}
# What helps where a workspace is read-only.
_ELSEWHERE = "choose another one with `-w DIR --data COMPETITION`; the data may stay read-only."


@contextmanager
def explained(path: Path, elsewhere: str = _ELSEWHERE) -> Iterator[None]:
    """Turn the operating system's refusals to write into an `UnwritableError`.

    Args:
        path: the file or folder being written, named in the message.
        elsewhere: how to choose another place, where this one can't be written to.

    Raises:
        UnwritableError: the disk is full, the place is read-only, or something else lies there.
    """
    try:
        yield
    except OSError as error:
        if error.errno in _NO_ROOM:
            raise UnwritableError(
                f"The disk is full: {path} could not be written.",
                "some free space where the workspace lies; what was there before is intact.",
                "free some space (`.hydra/` is a cache and may be deleted), then repeat.",
            ) from error
        if error.errno in _NOT_ALLOWED:
            raise UnwritableError(
                f"{path} can't be written: {error.strerror or 'permission denied'}.",
                "a place this user may write to.",
                elsewhere,
            ) from error
        if error.errno in _IN_THE_WAY:
            raise UnwritableError(
                f"{path} can't be written: {error.filename or path} is in the way "
                f"({error.strerror}).",
                "folders where folders belong and files where files belong.",
                "move what is in the way elsewhere, or choose another workspace with `-w DIR`.",
            ) from error
        if error.errno == errno.ENOENT:
            missing = Path(error.filename or path)
            while not missing.parent.exists():
                missing = missing.parent
            raise UnwritableError(
                f"{path} can't be written: {missing} is not there any more.",
                "folders that stay while they are used; only `.hydra/` may be deleted.",
                "put it back, or choose another workspace with `-w DIR`; then repeat.",
            ) from error
        raise


def write_atomically(path: Path, text: str | Sequence[str]) -> None:
    """Replace `path` by `text`: temporary file beside it, fsync, rename.

    What `path` links to is replaced, and not the link. An existing file keeps its mode and its
    group; a new one gets what the umask says.

    Args:
        path: the file to replace; its folder is made when missing.
        text: the whole new content, in one or in pieces.

    Raises:
        UnwritableError: the disk is full or the folder is read-only; `path` is as it was.
    """
    with explained(path):
        target = path.resolve()
        target.parent.mkdir(parents=True, exist_ok=True)
        temporary = target.with_name(f".{target.name}.{secrets.token_hex(4)}")
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as stream:
                stream.writelines((text,) if isinstance(text, str) else text)
                stream.flush()
                os.fsync(stream.fileno())
            _make_alike(temporary, target)
            temporary.replace(target)
        except BaseException:
            with suppress(OSError):
                temporary.unlink()
            raise


def _make_alike(temporary: Path, target: Path) -> None:
    """Let those read and write a file's successor who may read and write the file."""
    with suppress(FileNotFoundError):
        known = target.stat()
        # Only its owner may, and only to a group of theirs; before the mode, which it clears.
        with suppress(PermissionError):
            os.chown(temporary, -1, known.st_gid)
        temporary.chmod(stat.S_IMODE(known.st_mode))
