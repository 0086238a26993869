"""Whether the CSVs of the ledger still are what was exported."""

import hashlib
from enum import StrEnum
from pathlib import Path

from engine.experiment.ledger import Submitted

# Nobody waits for the digest of what is larger; no answers are.
_MOST_BYTES = 100_000_000


class Kept(StrEnum):
    """What became of a CSV since it was written."""

    THERE = "there"
    GONE = "gone"
    CHANGED = "changed"
    UNREADABLE = "unreadable"


class KeptFiles:
    """Looks after the CSVs of a workspace; reads again only what was written since.

    Args:
        root: the workspace's folder.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        # Of each file when it was written, how large it is, and its digest.
        self._known: dict[Path, tuple[int, int, str]] = {}

    def look(self, entry: Submitted) -> Kept:
        """What became of a submission's CSV.

        Args:
            entry: the submission.
        """
        path = self._root / entry.file
        try:
            found = path.stat()
            if found.st_size > _MOST_BYTES:
                return Kept.THERE
            seen = (found.st_mtime_ns, found.st_size)
            known = self._known.get(path)
            if known is None or known[:2] != seen:
                known = (*seen, hashlib.sha256(path.read_bytes()).hexdigest())
                self._known[path] = known
        except (FileNotFoundError, NotADirectoryError):
            return Kept.GONE
        except OSError:
            return Kept.UNREADABLE
        return Kept.THERE if known[2] == entry.digest else Kept.CHANGED
