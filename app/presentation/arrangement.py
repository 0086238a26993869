"""The rows of the table of experiments: sorted, filtered, grouped, and kept while they hold."""

from collections.abc import Sequence
from operator import itemgetter
from typing import Any

from app.presentation.changes import is_changed
from app.presentation.listing import (
    Line,
    arranged,
    experiment_of,
    fold_of,
    key_of,
    name_of,
    title_of,
    told_below,
)
from app.presentation.query import Query
from engine.experiment.metrics import LOG_LOSS, current_metric
from engine.experiment.record import ExperimentRecord

_STALE = 100


class Arrangement:
    """Which rows there are, in which order; what is as it was is not worked out again.

    Args:
        order: the column to sort by.
        is_reversed: whether the other way round.
    """

    def __init__(self, order: str, is_reversed: bool) -> None:
        self.order, self.is_reversed = order, is_reversed
        self.query = Query()
        self.is_grouped = False
        self.folded: frozenset[str] = frozenset()
        self.lines: list[Line] = []
        self._records: Sequence[ExperimentRecord] = ()
        self._deleted: Sequence[ExperimentRecord] = ()
        self._named: dict[str, ExperimentRecord] | None = None
        # The first and the last member of each group.
        self._ends: dict[str, tuple[ExperimentRecord, ExperimentRecord]] = {}
        self._passing = 0
        # What the competition scores by.
        self.metric = LOG_LOSS
        # What was worked out of each record: its key to sort by, and whether it passes.
        self._judged: dict[int, tuple[ExperimentRecord, tuple[Any, Any], bool]] = {}

    def told(self, unread: int) -> str:
        """What stands below the table.

        Args:
            unread: how many older experiments are still to be read.
        """
        count, query = len(self._records), self.query.text
        how = "folds, " if self.order == "metric" else ""
        # Where the metric is the log-loss, its column is the one of the validation loss.
        is_loss = self.order == "metric" and self.metric == LOG_LOSS
        how += title_of("val" if is_loss else self.order, self.metric)
        # By the metric the best comes first, which of most metrics is the highest.
        is_best_high = self.order == "metric" and self.metric != LOG_LOSS
        return told_below(
            self._passing, count, how, self.is_reversed != is_best_high, query, unread
        )

    def sort_by(self, name: str) -> None:
        """Sort by a column; `arrange` does it."""
        self.order, self.is_reversed = name, False
        self._take_keys(self._records)

    def _take_keys(self, records: Sequence[ExperimentRecord]) -> None:
        # Also of what has gone: while it is held here, no other record is known by its number.
        key = key_of(self.order, records)
        self._judged = {n: (one, key(one), is_in) for n, (one, _, is_in) in self._judged.items()}

    def filter(self, query: Query) -> None:
        """Show only what passes; `arrange` does it."""
        self.query = query
        passes = query.passes
        self._judged = {n: (one, key, passes(one)) for n, (one, key, _) in self._judged.items()}

    def judge(
        self, records: Sequence[ExperimentRecord], deleted: Sequence[ExperimentRecord] = ()
    ) -> list[ExperimentRecord]:
        """Take the experiments.

        Args:
            records: all of them.
            deleted: those that others may have been derived from.

        Returns:
            Those that were not known as they are.
        """
        if (metric := current_metric(records)) != self.metric:
            self.metric = metric
            self._take_keys(records)
        key, passes, judged = key_of(self.order, records), self.query.passes, self._judged
        changed = [
            one for one in records if (old := judged.get(id(one))) is None or old[0] is not one
        ]
        for record in changed:
            judged[id(record)] = (record, key(record), passes(record))
        self._records, self._deleted, self._named = records, deleted, None
        return changed

    def forget(self) -> bool:
        """Let go of records that have gone, once they are many, and of their ids in memory."""
        if len(self._judged) <= len(self._records) + _STALE:
            return False
        self._judged = {id(one): self._judged[id(one)] for one in self._records}
        return True

    def arrange(self) -> bool:
        """Put the rows in order; whether the experiments they are of, or their order, changed."""
        judged = self._judged
        wanted: dict[Any, list[tuple[Any, ExperimentRecord]]] = {}
        for record in self._records:
            one, (place, value), is_in = judged[id(record)]
            if is_in:
                wanted.setdefault(place, []).append((value, one))
        sorted_records: list[ExperimentRecord] = []
        for place in sorted(wanted):
            # Only here: a word can't be held against what stands for none.
            rows = wanted[place]
            rows.sort(key=itemgetter(0), reverse=self.is_reversed)
            sorted_records += (one for _, one in rows)
        self._passing = len(sorted_records)
        before = self.lines
        self.lines = arranged(sorted_records, self.is_grouped, self.folded)
        return len(before) != len(self.lines) or any(
            experiment_of(old) != experiment_of(now)
            for old, now in zip(before, self.lines, strict=True)
            if old is not now
        )

    def fold(self, line: Line) -> str | None:
        """Fold or unfold what a row has below it; what that is, if there is anything."""
        what = fold_of(line, self.is_grouped)
        if what is not None:
            self.folded ^= {what}
        return what

    def place_of(self, line: Line) -> int | None:
        """The row that is of the same as a line was; None where there is none.

        Args:
            line: as it was before.
        """
        name = name_of(line)
        return next((row for row, one in enumerate(self.lines) if name_of(one) == name), None)

    def origin_of(self, record: ExperimentRecord) -> ExperimentRecord | None:
        """What an experiment is told from: what it was derived from, else another of its group.

        Args:
            record: the experiment.

        Returns:
            That one, also where it was deleted; None where it is not known, and there is no group.
        """
        if self._named is None:
            self._named = {one.id: one for one in (*self._deleted, *self._records)}
            self._ends = {}
            for one in self._records:
                if one.group:
                    self._ends[one.group] = (self._ends.get(one.group, (one,))[0], one)
            for one in self._records:
                # Of a walk each is made from one before; a sweep's members stand side by side.
                origin = self._named.get(one.parent or "")
                if one.group and origin is not None and origin.group == one.group:
                    self._ends.pop(one.group, None)
        parent = self._named.get(record.parent or "")
        # A rerun is told from what the run before it was told from.
        while parent is not None and parent.spec == record.spec and parent.parent in self._named:
            parent = self._named[parent.parent]
        if parent is not None or record.group not in self._ends:
            return parent
        first, last = self._ends[record.group]
        return last if record.id == first.id else first

    def is_changed(self, record: ExperimentRecord) -> bool:
        """Whether an experiment changes anything that a column of its own would not tell.

        Args:
            record: the experiment.
        """
        return is_changed(record, self.origin_of(record))

    def has(self, experiment: str) -> bool:
        """Whether there is such an experiment, shown or not."""
        return any(one.id == experiment for one in self._records)
