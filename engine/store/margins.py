"""What the notebook holds beside its experiments, and how it is opened and changed."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from pydantic import ValidationError
from tinydb import TinyDB
from tinydb.table import Document

from engine.errors import UserError
from engine.experiment.ledger import Submitted
from engine.experiment.record import ExperimentRecord
from engine.jobs.workspace import Workspace
from engine.store.storage import CorruptNotebook, NotebookStorage

# 2: with tags and notes. A notebook is only said to be so once it has some, so that earlier
# versions of the program open those that have none.
SCHEMA = 2
_PLAIN_SCHEMA = 1
EXPERIMENTS = "experiments"
META = "meta"
TRASH = "trash"
_LEDGER = "submissions"


class Margins:
    """Where the data lies, the gates that were passed, the images left out, the submissions.

    Args:
        workspace: whose notebook.
    """

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._storage = NotebookStorage(
            workspace.notebook,
            workspace.locks / "notebook.lock",
            workspace.hydra / "experiments.last-good.json",
            unread=(EXPERIMENTS, TRASH),
        )

    def signature(self) -> tuple[int, int, int] | None:
        """Changes whenever the notebook does."""
        return self._storage.signature()

    def records(self) -> tuple[ExperimentRecord, ...]:
        """All experiments, oldest first.

        Raises:
            CorruptNotebook: the file is damaged.
            UserError: the file is of a newer version.
        """
        raise NotImplementedError

    def deleted(self) -> tuple[ExperimentRecord, ...]:
        """The experiments that were deleted, the last one last; their runs are still there.

        Raises:
            CorruptNotebook: the file is damaged.
        """
        raise NotImplementedError

    def data(self) -> str | None:
        """Where the competition lies, as it was noted; None when it never was."""
        found = self._meta(self._database()).get("data")
        return None if found is None else str(found)

    def note_data(self, place: str) -> None:
        """Remember where the competition lies.

        Args:
            place: a folder or archive, relative to the workspace where it can be.
        """
        if self.data() == place:
            return
        with self._transaction() as database:
            meta = self._meta(database) | {"data": place}
            database.table(META).upsert(Document(meta, doc_id=1))

    def passed(self) -> frozenset[str]:
        """The stages whose shut gates a person has passed."""
        found = self._meta(self._database()).get("passed", [])
        return frozenset(map(str, found))

    def note_passed(self, stage: str, is_passed: bool) -> None:
        """Remember that a person passes a shut gate, or no longer does.

        Args:
            stage: whose gate.
            is_passed: whether it is passed.
        """
        with self._transaction() as database:
            meta = self._meta(database)
            passed = set(meta.get("passed", [])) - {stage} | ({stage} if is_passed else set())
            row = Document(meta | {"passed": sorted(passed)}, doc_id=1)
            database.table(META).upsert(row)

    def left_out(self) -> tuple[str, ...]:
        """Ids of labelled images that new specs are not to train on."""
        return tuple(self._meta(self._database()).get("left_out", ()))

    def note_left_out(self, images: Iterable[str], undo: bool = False) -> tuple[str, ...]:
        """Remember that new specs are not to train on some labelled images.

        Args:
            images: their ids.
            undo: whether they are to be trained on again.

        Returns:
            All that are left out.
        """
        with self._transaction() as database:
            meta = self._meta(database)
            known = set(meta.get("left_out", ()))
            left_out = sorted(known - set(images) if undo else known | set(images))
            database.table(META).upsert(Document(meta | {"left_out": left_out}, doc_id=1))
        return tuple(left_out)

    def ledger(self) -> tuple[Submitted, ...]:
        """The submissions, oldest first.

        Raises:
            CorruptNotebook: one of them is none.
        """
        rows = self._database().table(_LEDGER)
        try:
            return tuple(Submitted.model_validate(dict(row)) for row in rows)
        except ValidationError as error:
            first = error.errors()[0]
            place = ".".join(map(str, first["loc"]))
            raise self._corrupt(f"a submission has a bad `{place}` ({first['msg']})") from error

    def note_submission(
        self, make: Callable[[int], Submitted], is_intact: Callable[[Submitted], bool]
    ) -> Submitted:
        """Add a submission to the ledger; the same answers of the same experiment are one.

        Args:
            make: makes the entry, given its number.
            is_intact: whether the file of an entry still holds its answers.

        Returns:
            The entry as it stands in the ledger.
        """
        with self._transaction() as database:
            known = self.ledger()
            entry = make(len(known) + 1)
            for one in known:
                if (one.digest, one.experiment) == (entry.digest, entry.experiment):
                    # What lies where it was written first stays there; a copy is likely elsewhere.
                    file = one.file if is_intact(one) else entry.file
                    entry = one.model_copy(update={"at": entry.at, "file": file})
            row = Document(entry.model_dump(mode="json"), doc_id=entry.number)
            database.table(_LEDGER).upsert(row)
        return entry

    def submission(self, number: int) -> Submitted:
        """An entry of the ledger.

        Args:
            number: which.

        Raises:
            UserError: there is no such entry.
        """
        found = next((one for one in self.ledger() if one.number == number), None)
        if found is None:
            raise UserError(
                f"There is no submission {number}.",
                "one of the ledger's.",
                "see `hydra-tui ledger`.",
            )
        return found

    def change_submission(self, number: int, **changes: object) -> Submitted:
        """Change an entry of the ledger.

        Args:
            number: which.
            changes: its new fields.

        Raises:
            UserError: there is no such entry.
        """
        with self._transaction() as database:
            found = self.submission(number)
            # A copy takes what can't be read again, and the ledger would be lost.
            entry = Submitted.model_validate(found.model_dump() | changes)
            row = Document(entry.model_dump(mode="json"), doc_id=number)
            database.table(_LEDGER).upsert(row)
        return entry

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        """Hold the notebook's lock without changing anything."""
        with self._transaction():
            yield

    def restore_last_good(self) -> str:
        """Set a damaged notebook aside, go on from the last good copy; where the damaged one is."""
        return str(self._storage.restore_last_good())

    @contextmanager
    def _transaction(self) -> Iterator[TinyDB]:
        with self._storage.transaction():
            # Of a damaged notebook nothing is written on, whatever was to be changed in it.
            self.records()
            self.deleted()
            yield self._database()

    def _database(self) -> TinyDB:
        # A TinyDB object caches document ids, which other processes may have used since:
        # a new one costs microseconds.
        database = TinyDB(storage=lambda: self._storage)
        meta = self._meta(database)
        for name in ("schema", "next_id"):
            if not isinstance(meta.get(name, 1), int):
                raise self._corrupt(f"its `{name}` is {meta[name]!r}")
        if meta["schema"] > SCHEMA:
            raise self._newer(f"format {meta['schema']}")
        return database

    def _meta(self, database: TinyDB) -> dict[str, Any]:
        row = database.table(META).get(doc_id=1)
        return {"schema": _PLAIN_SCHEMA} | (dict(row) if isinstance(row, Document) else {})

    def _newer(self, sign: str) -> UserError:
        return UserError(
            f"{self._workspace.notebook} was written by a newer hydra-tui ({sign}).",
            f"a notebook of format {SCHEMA} or older, as this version writes it; nothing was "
            "changed.",
            "update hydra-tui (`git pull`), or open another workspace with `-w`.",
        )

    def _corrupt(self, fault: str) -> CorruptNotebook:
        return CorruptNotebook(self._workspace.notebook, fault, self._storage.readable_copy())
