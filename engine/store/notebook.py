"""The notebook: experiments and what belongs to them, in TinyDB tables."""

from collections.abc import Callable, Sequence
from typing import Any

from pydantic import ValidationError
from tinydb import TinyDB
from tinydb.table import Document

from engine.errors import UserError
from engine.experiment.record import ExperimentRecord
from engine.jobs.workspace import Workspace
from engine.store.margins import EXPERIMENTS, META, SCHEMA, TRASH, Margins
from engine.store.rows import Tables

Parsed = dict[str, tuple[str, ExperimentRecord]]

# As many experiments as a message has room for.
_MOST_NAMED = 10


class Notebook(Margins):
    """The experiments of one workspace.

    Args:
        workspace: whose notebook.
    """

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(workspace)
        self._other: Notebook | None = None
        # In one, since several threads read: tables, what was made of them, and the records.
        self._known: tuple[Tables | None, Parsed, tuple[ExperimentRecord, ...]] = (None, {}, ())
        # What any text was last made into; never wrong, since the text is compared.
        self._made: Parsed = {}
        self._made_of_trash: Parsed = {}

    def learn_from(self, other: "Notebook") -> None:
        """Take over what another object has parsed, which may be in use in another thread.

        Args:
            other: of the same workspace.
        """
        self._other = other

    def records(self) -> tuple[ExperimentRecord, ...]:
        """All experiments, oldest first.

        Raises:
            CorruptNotebook: the file is damaged.
            UserError: the file is of a newer version.
        """
        return self._looked()[1]

    def newest(self, count: int) -> tuple[tuple[ExperimentRecord, ...], int]:
        """The newest experiments, without the time that validating all of a big notebook takes.

        Args:
            count: how many at most.

        Returns:
            They, oldest first, and how many older ones there are.

        Raises:
            CorruptNotebook: the file is damaged.
            UserError: the file is of a newer version.
        """
        self._database()
        rows = tuple(self._storage.read().get(EXPERIMENTS, {}).items())
        older = max(len(rows) - count, 0)
        self._made = {
            number: (row.text, self._record(number, row.text)) for number, row in rows[older:]
        }
        return tuple(record for _, record in self._made.values()), older

    def _looked(self) -> tuple[Parsed, tuple[ExperimentRecord, ...]]:
        """The experiments by their ids with the text they were made of, and in a row."""
        self._database()
        tables = self._storage.read()
        seen, parsed, records = self._known
        is_changing = self._storage.is_changing
        if tables is seen and not is_changing:
            return parsed, records
        known = self._made
        if not known and self._other is not None:
            known = self._other._made
        parsed = self._parsed(tables, EXPERIMENTS, known)
        records = tuple(record for _, record in parsed.values())
        self._made = parsed
        if not is_changing:
            self._known = (tables, parsed, records)
        return parsed, records

    def deleted(self) -> tuple[ExperimentRecord, ...]:
        """The experiments that were deleted, the last one last; their runs are still there."""
        self._database()
        known = self._made_of_trash
        self._made_of_trash = parsed = self._parsed(self._storage.read(), TRASH, known)
        return tuple(record for _, record in parsed.values())

    def _parsed(self, tables: Tables, table: str, known: Parsed) -> Parsed:
        """A table's experiments; comparing most with what is known is cheaper than validating."""
        return {
            number: known[number]
            if number in known and known[number][0] == row.text
            else (row.text, self._record(number, row.text))
            for number, row in tables.get(table, {}).items()
        }

    def record(self, experiment: str) -> ExperimentRecord:
        """One experiment; also one that was deleted, since others may be made of it.

        Args:
            experiment: its id.

        Raises:
            UserError: there is none; the known ones are named.
        """
        parsed, records = self._looked()
        if experiment in parsed:
            return parsed[experiment][1]
        for one in self.deleted():
            if one.id == experiment:
                return one
        known = ", ".join(record.id for record in records[-_MOST_NAMED:])
        if len(records) > _MOST_NAMED:
            known = f"{len(records)}, of which the newest are {known}"
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
            database.table(META).upsert(Document(meta | {"next_id": number + 1}, doc_id=1))
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
            record = edit(self.kept(experiment))
            self._put(database, record)
        return record

    def delete(
        self, experiments: Sequence[str], check: Callable[[ExperimentRecord], None]
    ) -> tuple[ExperimentRecord, ...]:
        """Move experiments into the trash; their ids are never used again.

        Args:
            experiments: their ids.
            check: raises where one must not be deleted; then none is.

        Returns:
            Their records.

        Raises:
            UserError: there is no such experiment.
        """
        with self._transaction() as database:
            records = tuple(map(self.kept, experiments))
            for record in records:
                check(record)
            for record in records:
                database.table(TRASH).insert(self._row(record))
            database.table(EXPERIMENTS).remove(doc_ids=[int(one.id) for one in records])
        return records

    def undelete(self, experiments: Sequence[str]) -> tuple[ExperimentRecord, ...]:
        """Put experiments back from the trash.

        Args:
            experiments: their ids.

        Returns:
            Their records.

        Raises:
            UserError: one of them is not in the trash; then none is put back.
        """
        with self._transaction() as database:
            trash = {record.id: record for record in self.deleted()}
            for one in experiments:
                if one not in trash:
                    raise UserError(
                        f"Experiment {one} was not deleted.",
                        f"one of {', '.join(trash)}."
                        if trash
                        else "one that was deleted; none is.",
                        "see `hydra-tui undelete`.",
                    )
            records = tuple(trash[one] for one in experiments)
            if any(one.pinned for one in self.records()):
                # Another was pinned in its place meanwhile.
                records = tuple(one.model_copy(update={"pinned": False}) for one in records)
            database.table(TRASH).remove(doc_ids=[int(one) for one in experiments])
            for record in records:
                self._put(database, record)
            # Oldest first, as if they had never been away.
            tables = self._storage.read()
            rows = sorted(tables[EXPERIMENTS].items(), key=lambda row: int(row[0]))
            self._storage.write(tables | {EXPERIMENTS: dict(rows)})
        return records

    def change_all(self, edit: Callable[[ExperimentRecord], ExperimentRecord]) -> None:
        """Change every experiment in one transaction.

        Args:
            edit: makes the new record of the one on disk, or returns that one as it is.
        """
        with self._transaction() as database:
            for record in self.records():
                if (edited := edit(record)) is not record:
                    self._put(database, edited)

    def kept(self, experiment: str) -> ExperimentRecord:
        """One experiment that is not in the trash.

        Args:
            experiment: its id.

        Raises:
            UserError: there is none, or it was deleted.
        """
        found = self.record(experiment)
        if experiment not in self._looked()[0]:
            raise UserError(
                f"Experiment {experiment} was deleted.",
                "one that is in the notebook.",
                f"take it back first: `hydra-tui undelete {experiment}`.",
            )
        return found

    def _put(self, database: TinyDB, record: ExperimentRecord) -> None:
        table = database.table(EXPERIMENTS)
        # Anew: what is changed in place keeps the fields that are no longer there.
        if table.contains(doc_id=int(record.id)):
            table.update(_replace_by(self._row(record)), doc_ids=[int(record.id)])
        else:
            table.insert(self._row(record))
        if record.tags or record.note:
            meta = self._meta(database) | {"schema": SCHEMA}
            database.table(META).upsert(Document(meta, doc_id=1))

    def _row(self, record: ExperimentRecord) -> Document:
        left_out = {name for name in ("tags", "note") if not getattr(record, name)}
        row = record.model_dump(mode="json", exclude=left_out)
        return Document(row, doc_id=int(record.id))

    def _record(self, number: str, text: str) -> ExperimentRecord:
        try:
            record = ExperimentRecord.model_validate_json(text)
        except ValidationError as error:
            faults = error.errors()
            first = next((one for one in faults if one["type"] != "extra_forbidden"), faults[0])
            place = ".".join(str(part) for part in first["loc"])
            if first["type"] == "extra_forbidden":
                # Nothing else is wrong: an earlier copy would lose what the newer one wrote.
                raise self._newer(f"experiment {number} has a field `{place}`") from error
            fault = f"experiment {number} has a bad `{place}` ({first['msg']})"
            raise self._corrupt(fault) from error
        if record.id != number:
            raise self._corrupt(f"experiment {number} has the id `{record.id}`")
        return record

    def _free_run(self) -> int:
        # Runs of a notebook that was lost keep their folders.
        runs = self._workspace.runs
        taken = [int(run.name) for run in runs.glob("*") if run.name.isdigit()]
        return max(taken, default=0) + 1


def _replace_by(row: Document) -> Callable[[Any], None]:
    def replace(stored: Any) -> None:
        stored.clear()
        stored.update(row)

    return replace
