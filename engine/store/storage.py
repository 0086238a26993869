"""TinyDB's storage for the notebook: locked, atomic, cached.

TinyDB's own JSON storage overwrites the file in place, which a crash turns into half a file;
see https://tinydb.readthedocs.io/en/latest/extend.html for how storages are made.
"""

import shutil
import threading
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from shlex import quote
from typing import Any

from tinydb import Storage

from engine.errors import UserError
from engine.files import explained, write_atomically
from engine.store.rows import Row, Tables, parsed, read_tables, written

_LOCK_SECONDS = 30


class CorruptNotebook(UserError):
    """experiments.json can't be read; it was left as it is.

    Args:
        path: the notebook.
        reason: what is wrong with it.
        last_good: a readable earlier copy, if there is one.
    """

    def __init__(self, path: Path, reason: str, last_good: Path | None) -> None:
        aside = path.with_suffix(".corrupt.json")
        move = f"mv {quote(str(path))} {quote(str(aside))}"
        if last_good is None:
            fix = f"mend it by hand, or set it aside: `{move}`."
        else:
            when = datetime.fromtimestamp(last_good.stat().st_mtime).strftime("%Y-%m-%d %H:%M:%S")
            fix = (
                f"the last good copy is of {when}; to go on from it: "
                f"`{move} && cp {quote(str(last_good))} {quote(str(path))}`."
            )
        super().__init__(
            f"{path} is damaged: {reason}. It was left untouched.", "a notebook in JSON.", fix
        )
        self.last_good = last_good


class _Own(threading.local):
    """What a thread has changed and not yet written: nobody else may see it half done."""

    pending: Tables | None = None


class NotebookStorage(Storage):
    """The tables of experiments.json.

    Reading needs no lock, because the file is only ever replaced as a whole. Writing happens in
    `transaction`, which holds a lock that other processes respect.

    Args:
        path: the notebook.
        lock: the lock file.
        last_good: where a copy of the last good notebook is kept.
        unread: the tables whose rows are not looked into, since their reader does.
    """

    def __init__(
        self, path: Path, lock: Path, last_good: Path, unread: Collection[str] = ()
    ) -> None:
        self._unread = unread
        self._path = path
        self._lock = lock
        self._last_good = last_good
        # What was read last, with the signature it had: in one, since several threads read.
        self._held: tuple[tuple[int, int, int] | None, Tables] = (None, {})
        self._own = _Own()

    def read(self) -> Tables:
        """The tables: inside a transaction with its changes, else as they are on disk.

        Raises:
            CorruptNotebook: the file is not a notebook.
        """
        if self._own.pending is not None:
            return self._own.pending
        signature = self.signature()
        held, tables = self._held
        if signature != held:
            tables = self._load() if signature else {}
            self._held = (signature, tables)
        return tables

    def write(self, data: dict[str, dict[str, Any]]) -> None:
        """Note the new tables; the transaction puts them on disk.

        Raises:
            RuntimeError: called outside of a transaction.
        """
        if self._own.pending is None:
            raise RuntimeError("the notebook is only written inside a transaction")
        self._own.pending = {
            name: {
                number: row if isinstance(row, Row) else Row(fields=row)
                for number, row in rows.items()
            }
            for name, rows in data.items()
        }

    def signature(self) -> tuple[int, int, int] | None:
        """Changes whenever the file does; None when there is none."""
        try:
            stat = self._path.stat()
        except FileNotFoundError:
            return None
        return stat.st_mtime_ns, stat.st_size, stat.st_ino

    @property
    def is_changing(self) -> bool:
        """Whether a transaction of this thread is under way."""
        return self._own.pending is not None

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Read-modify-write: under the lock, all or nothing.

        Raises:
            CorruptNotebook: the file is not a notebook; nothing is written.
            UserError: read-only, disk full, another process holds the lock for too long, or has
                written in spite of it; nothing is written then.
        """
        with self._locked():
            read = self.signature()
            before = _texts(self.read())
            # Other rows, which may be changed while those that were read stay as they are.
            self._own.pending = {
                name: {number: Row(text) for number, text in rows.items()}
                for name, rows in before.items()
            }
            try:
                yield
                if _texts(self._own.pending) != before:
                    self._refuse_changed(read)
                    self._save(self._own.pending)
            finally:
                self._own.pending = None

    def restore_last_good(self) -> Path:
        """Set a damaged notebook aside and go on from the last good copy.

        Returns:
            Where the damaged file now lies, untouched.

        Raises:
            UserError: there is no good copy, or the folder is read-only.
        """
        with self._locked(), explained(self._path):
            if self.readable_copy() is None:
                raise UserError(
                    "There is no good copy of the notebook.",
                    f"one at {self._last_good}.",
                    f"mend {self._path} by hand, or move it away to begin a new one.",
                )
            aside = self._aside()
            shutil.copyfile(self._path, aside)
            # Never a moment without a notebook: who saw none would begin a new one.
            write_atomically(self._path, self._last_good.read_text(encoding="utf-8"))
        return aside

    def readable_copy(self) -> Path | None:
        """The last good copy, where there is one that can be read and differs from the file."""
        try:
            text = self._last_good.read_text(encoding="utf-8")
            parsed(text)
            return None if self._path.read_bytes() == text.encode() else self._last_good
        except (OSError, ValueError):
            return None

    def _aside(self) -> Path:
        stamp = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
        names = (f".corrupt-{stamp}{more}.json" for more in ("", *(f"-{n}" for n in range(2, 100))))
        return next(path for name in names if not (path := self._path.with_suffix(name)).exists())

    @contextmanager
    def _locked(self) -> Iterator[None]:
        # Here, since who only reads needs no lock, and the cockpit's first paint only reads.
        from filelock import FileLock, Timeout

        with explained(self._lock):
            # A workspace that somebody has deleted meanwhile is not to be made again.
            self._path.parent.stat()
            self._lock.parent.mkdir(parents=True, exist_ok=True)
            lock = FileLock(self._lock)
            try:
                lock.acquire(timeout=_LOCK_SECONDS)
            except Timeout:
                raise UserError(
                    f"Another process has held {self._lock} for {_LOCK_SECONDS} s.",
                    "locks that are held for milliseconds.",
                    "look for a stopped hydra-tui process (`ps aux | grep hydra`) and end it.",
                ) from None
        try:
            yield
        finally:
            lock.release()

    def _refuse_changed(self, read: tuple[int, int, int] | None) -> None:
        """Write nothing over what another has written meanwhile.

        The lock is gone where somebody deletes `.hydra`, and some network file systems have none.
        """
        if self.signature() != read:
            raise UserError(
                f"{self._path} was changed by another process while it was locked.",
                f"one at a time: nobody deletes {self._lock.parent} while anything is written.",
                "do it again: nothing was changed.",
            )

    def _save(self, tables: Tables) -> None:
        text = written(tables)
        write_atomically(self._path, text)
        self._held = (self.signature(), tables)
        # The copy is a convenience: the notebook itself is already safe.
        with suppress(UserError):
            write_atomically(self._last_good, text)

    def _load(self) -> Tables:
        try:
            return read_tables(self._path, self._unread)
        except ValueError as error:
            raise CorruptNotebook(self._path, str(error), self.readable_copy()) from error
        except OSError as error:
            raise UserError(
                f"{self._path} can't be read: {error.strerror}.",
                "a file this user may read.",
                f"look at it: `ls -ld {quote(str(self._path))}`.",
            ) from error


def _texts(tables: Tables) -> dict[str, dict[str, str]]:
    return {
        name: {number: row.text for number, row in rows.items()} for name, rows in tables.items()
    }
