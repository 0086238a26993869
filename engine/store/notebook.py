"""The notebook: experiments and what belongs to them, in TinyDB tables."""

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
from engine.store.storage import CorruptNotebook, NotebookStorage, Tables

SCHEMA = 1
_EXPERIMENTS = "experiments"
_META = "meta"
_LEDGER = "submissions"


class Notebook:
    """The experiments of one workspace.

    Args:
        workspace: whose notebook.
    """

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._storage = NotebookStorage(
            workspace.notebook,
            workspace.locks / "notebook.lock",
            workspace.hydra / "experiments.last-good.json",
        )
        self._parsed: dict[int, tuple[dict[str, Any], ExperimentRecord]] = {}
        self._seen: Tables | None = None
        self._records: tuple[ExperimentRecord, ...] = ()

    def signature(self) -> tuple[int, int, int] | None:
        """Changes whenever the notebook does."""
        return self._storage.signature()

    def records(self) -> tuple[ExperimentRecord, ...]:
        """All experiments, oldest first.

        Raises:
            CorruptNotebook: the file is damaged.
            UserError: the file is of a newer version.
        """
        database = self._database()
        tables = self._storage.read()
        if tables is self._seen and not self._storage.is_changing:
            return self._records
        known = self._parsed
        # Most rows are as they were: comparing them is much cheaper than validating them.
        self._parsed = {}
        for row in database.table(_EXPERIMENTS):
            before = known.get(row.doc_id)
            if before is None or before[0] != row:
                before = (dict(row), self._record(row))
            self._parsed[row.doc_id] = before
        self._seen = tables
        self._records = tuple(record for _, record in self._parsed.values())
        return self._records

    def record(self, experiment: str) -> ExperimentRecord:
        """One experiment.

        Args:
            experiment: its id.

        Raises:
            UserError: there is none; the known ones are named.
        """
        records = {record.id: record for record in self.records()}
        if experiment in records:
            return records[experiment]
        known = ", ".join(list(records)[-10:])
        raise UserError(
            f"There is no experiment `{experiment}`.",
            f"one of {known}." if known else "a notebook with experiments; this one is empty.",
            "see `hydra-tui ls`." if known else "run one: `hydra-tui run baseline`.",
        )

    def add(self, make: Callable[[str], ExperimentRecord]) -> ExperimentRecord:
        """Add an experiment.

        Args:
            make: makes the record, given its new id.

        Returns:
            The record as it was stored.
        """
        with self._transaction() as database:
            meta = self._meta(database)
            number = max(meta.get("next_id", 1), self._free_run())
            record = make(str(number))
            database.table(_META).upsert(Document(meta | {"next_id": number + 1}, doc_id=1))
            self._put(database, record)
        return record

    def change(
        self, experiment: str, edit: Callable[[ExperimentRecord], ExperimentRecord]
    ) -> ExperimentRecord:
        """Change one experiment.

        Args:
            experiment: its id.
            edit: makes the new record of the one on disk.

        Returns:
            The changed record.

        Raises:
            UserError: there is no such experiment.
        """
        with self._transaction() as database:
            record = edit(self.record(experiment))
            self._put(database, record)
        return record

    def change_all(self, edit: Callable[[ExperimentRecord], ExperimentRecord]) -> None:
        """Change every experiment in one transaction.

        Args:
            edit: makes the new record of the one on disk.
        """
        with self._transaction() as database:
            for record in self.records():
                if (edited := edit(record)) != record:
                    self._put(database, edited)

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
            database.table(_META).upsert(Document(meta, doc_id=1))

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
            database.table(_META).upsert(row)

    def left_out(self) -> tuple[str, ...]:
        """Ids of labelled images that new specs are not to train on."""
        return tuple(self._meta(self._database()).get("left_out", ()))

    def note_left_out(self, images: Iterable[str]) -> None:
        """Remember which labelled images new specs are not to train on.

        Args:
            images: their ids, all of them.
        """
        with self._transaction() as database:
            meta = self._meta(database) | {"left_out": sorted(set(images))}
            database.table(_META).upsert(Document(meta, doc_id=1))

    def ledger(self) -> tuple[Submitted, ...]:
        """The submissions, oldest first."""
        rows = self._database().table(_LEDGER)
        return tuple(Submitted.model_validate(dict(row)) for row in rows)

    def note_submission(self, make: Callable[[int], Submitted]) -> Submitted:
        """Add a submission to the ledger; the same file of the same experiment is one.

        Args:
            make: makes the entry, given its number.

        Returns:
            The entry as it stands in the ledger.
        """
        with self._transaction() as database:
            known = self.ledger()
            entry = make(len(known) + 1)
            for one in known:
                if (one.digest, one.experiment) == (entry.digest, entry.experiment):
                    entry = one.model_copy(update={"at": entry.at, "file": entry.file})
            row = Document(entry.model_dump(mode="json"), doc_id=entry.number)
            database.table(_LEDGER).upsert(row)
        return entry

    def change_submission(self, number: int, **changes: object) -> Submitted:
        """Change an entry of the ledger.

        Args:
            number: which.
            changes: its new fields.

        Raises:
            UserError: there is no such entry.
        """
        with self._transaction() as database:
            found = [one for one in self.ledger() if one.number == number]
            if not found:
                raise UserError(
                    f"There is no submission {number}.",
                    "one of the ledger's.",
                    "see `hydra-tui ledger`.",
                )
            entry = found[0].model_copy(update=changes)
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
            raise UserError(
                f"{self._workspace.notebook} was written by a newer hydra-tui "
                f"(format {meta['schema']}).",
                f"a notebook of format {SCHEMA} or older; nothing was changed.",
                "update hydra-tui (`git pull`), or open another workspace with `-w`.",
            )
        return database

    def _meta(self, database: TinyDB) -> dict[str, Any]:
        row = database.table(_META).get(doc_id=1)
        return {"schema": SCHEMA} | (dict(row) if isinstance(row, Document) else {})

    def _put(self, database: TinyDB, record: ExperimentRecord) -> None:
        row = Document(record.model_dump(mode="json"), doc_id=int(record.id))
        database.table(_EXPERIMENTS).upsert(row)

    def _record(self, row: Document) -> ExperimentRecord:
        try:
            record = ExperimentRecord.model_validate(dict(row))
        except ValidationError as error:
            first = error.errors()[0]
            place = ".".join(str(part) for part in first["loc"])
            fault = f"experiment {row.doc_id} has a bad `{place}` ({first['msg']})"
            raise self._corrupt(fault) from error
        if record.id != str(row.doc_id):
            raise self._corrupt(f"experiment {row.doc_id} has the id `{record.id}`")
        return record

    def _corrupt(self, fault: str) -> CorruptNotebook:
        return CorruptNotebook(self._workspace.notebook, fault, self._storage.readable_copy())

    def _free_run(self) -> int:
        # Runs of a notebook that was lost keep their folders.
        runs = self._workspace.runs
        taken = [int(run.name) for run in runs.glob("*") if run.name.isdigit()]
        return max(taken, default=0) + 1
