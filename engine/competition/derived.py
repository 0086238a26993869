"""What is made of a file of the competition: once, in the cache, and anew where that is deleted."""

import hashlib
import shutil
from collections.abc import Callable
from pathlib import Path

from engine.competition.locks import exclusive
from engine.files import explained
from engine.jobs.workspace import Workspace


def made_once(
    source: Path,
    place: str,
    workspace: Workspace,
    write: Callable[[Path], None],
    how: str = "",
) -> Path:
    """Write something into a folder of the cache; do nothing where that was done before.

    Args:
        source: the file that it is made of: another size or time makes another folder.
        place: which room of the cache receives it, in a folder of its own.
        workspace: whose cache.
        write: fills an empty folder.
        how: what else makes it another one.

    Returns:
        The folder.

    Raises:
        UserError: the disk refuses, or whatever `write` raises.
    """
    status = source.stat()
    identity = "\0".join(map(str, (source.resolve(), status.st_size, status.st_mtime_ns, how)))
    key = hashlib.blake2b(identity.encode(), digest_size=6).hexdigest()
    parent = workspace.cache / place
    target = parent / f"{source.stem}-{key}"
    if target.is_dir():
        return target
    with exclusive(workspace.locks / f"{place}-{key}.lock"), explained(parent):
        if target.is_dir():
            return target
        parent.mkdir(parents=True, exist_ok=True)
        # What was begun and not finished, by a process that was ended, is nobody's any more.
        temporary = parent / f".{key}"
        shutil.rmtree(temporary, ignore_errors=True)
        temporary.mkdir()
        try:
            write(temporary)
            temporary.rename(target)
        except BaseException:
            shutil.rmtree(temporary, ignore_errors=True)
            raise
    return target
