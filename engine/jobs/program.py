"""A long-lived process whose program is replaced under it, by `git pull` or an upgrade."""

import logging
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from itertools import chain
from pathlib import Path

ENGINE = Path(__file__).parents[1]
# Until nothing of it has changed for so long, somebody may be in the middle of it.
_SETTLED_SECONDS = 3.0

_log = logging.getLogger(__name__)


class Program:
    """The program that this process runs, as it was when the process began.

    What is imported or forked after it has been replaced is of the new one, and need not fit.

    Args:
        module: by whose name it was started.
        folders: where its files lie; by default those of the engine.
    """

    def __init__(self, module: str, *folders: Path) -> None:
        self._module = module
        self._folders = folders or (ENGINE,)
        self._own = self._seen = _stamps(self._folders)
        self._seen_at = time.monotonic()

    def is_replaced(self) -> bool:
        """Whether its files are others by now."""
        found = _stamps(self._folders)
        if found != self._seen:
            self._seen, self._seen_at = found, time.monotonic()
        return found != self._own

    def renew(self, leave: Callable[[], None]) -> None:
        """Have this process go on as the program that is there by now, once that is whole.

        Args:
            leave: ends what must not be left behind.
        """
        if time.monotonic() - self._seen_at < _SETTLED_SECONDS:
            return
        command = [sys.executable, "-P", "-c", f"import {self._module}"]
        if subprocess.run(command, check=False).returncode:  # noqa: S603 (our own module)
            _log.warning("the program was replaced by one that does not start: waiting for another")
            self._seen_at = time.monotonic()
            return
        _log.info("the program was replaced: going on as the new one")
        leave()
        command = [sys.executable, "-P", "-m", self._module, *sys.argv[1:]]
        os.execv(sys.executable, command)  # noqa: S606 (the same with its own arguments)


def _stamps(folders: Iterable[Path]) -> frozenset[tuple[str, int, int]]:
    found = []
    for path in chain.from_iterable(folder.rglob("*.py") for folder in folders):
        # One that goes away meanwhile is a change, which is seen the next time.
        if path.is_file():
            known = path.stat()
            found.append((str(path), known.st_mtime_ns, known.st_size))
    return frozenset(found)
