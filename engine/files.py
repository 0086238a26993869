"""Writing a file so that a reader sees the old one or the new one, never half of it."""

import errno
import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from engine.errors import UserError

_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_NOT_ALLOWED = {errno.EACCES, errno.EPERM, errno.EROFS}
_IN_THE_WAY = {errno.EEXIST, errno.ENOTDIR, errno.EISDIR}
# What helps where a workspace is read-only.
_ELSEWHERE = "choose another one with `-w DIR --data COMPETITION`; the data may stay read-only."


@contextmanager
def explained(path: Path, elsewhere: str = _ELSEWHERE) -> Iterator[None]:
    """Turn the operating system's refusals to write into a `UserError`.

    Args:
        path: the file or folder being written, named in the message.
        elsewhere: how to choose another place, where this one can't be written to.

    Raises:
        UserError: the disk is full, the place is read-only, or something else lies there.
    """
    try:
        yield
    except OSError as error:
        if error.errno in _NO_ROOM:
            raise UserError(
                f"The disk is full: {path} could not be written.",
                "some free space where the workspace lies; what was there before is intact.",
                "free some space (`.hydra/` is a cache and may be deleted), then repeat.",
            ) from error
        if error.errno in _NOT_ALLOWED:
            raise UserError(
                f"{path} can't be written: {error.strerror or 'permission denied'}.",
                "a place this user may write to.",
                elsewhere,
            ) from error
        if error.errno in _IN_THE_WAY:
            raise UserError(
                f"{path} can't be written: {error.filename or path} is in the way "
                f"({error.strerror}).",
                "folders where folders belong and files where files belong.",
                "move what is in the way elsewhere, or choose another workspace with `-w DIR`.",
            ) from error
        raise


def write_atomically(path: Path, text: str | Sequence[str]) -> None:
    """Replace `path` by `text`: temporary file beside it, fsync, rename.

    Args:
        path: the file to replace; its folder is made when missing.
        text: the whole new content, in one or in pieces.

    Raises:
        UserError: the disk is full or the folder is read-only; `path` is as it was.
    """
    with explained(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        temporary = Path(name)
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as stream:
                stream.writelines((text,) if isinstance(text, str) else text)
                stream.flush()
                os.fsync(stream.fileno())
            temporary.chmod(0o644)
            temporary.replace(path)
        except BaseException:
            with suppress(OSError):
                temporary.unlink()
            raise
