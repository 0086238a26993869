"""What is made of a file of the competition: once, in the cache, and anew where that is deleted."""

import hashlib
import shutil
from collections.abc import Callable
from pathlib import Path

from engine.competition.locks import exclusive
from engine.files import explained
from engine.jobs.workspace import Workspace


def made_once(source: Path, how: str, workspace: Workspace, write: Callable[[Path], None]) -> Path:
    """Write something into a folder of the cache; do nothing where that was done before.

    Args:
        source: the file that it is made of: another size or time makes another folder.
        how: what else makes it another one.
        workspace: whose cache receives it.
        write: fills an empty folder.

    Returns:
        The folder.

    Raises:
        UserError: the disk refuses, or whatever `write` raises.
    """
    status = source.stat()
    identity = f"{source.resolve()}\0{status.st_size}\0{status.st_mtime_ns}\0{how}"
    key = hashlib.blake2b(identity.encode(), digest_size=6).hexdigest()
    parent = workspace.cache / "unfolded"
    target = parent / f"{source.stem}-{key}"
    if target.is_dir():
        return target
    with exclusive(workspace.locks / f"unfold-{key}.lock"), explained(parent):
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
