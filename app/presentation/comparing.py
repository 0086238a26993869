"""Experiments side by side: the rows of the table that holds them against each other."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from rich.text import Text

from app.presentation.figures import title_of
from app.presentation.text import duration, figure
from engine.experiment.compare import (
    Compared,
    Comparison,
    Difference,
    Verdict,
    differing_fields,
    flat_fields,
)
from engine.experiment.metrics import LOG_LOSS, by_metric, current_metric, in_words
from engine.experiment.record import ExperimentRecord, Scores
from engine.recipe.common_folds import folds_done

MARKS = {
    Verdict.BETTER: "▲",
    Verdict.WORSE: "▼",
    Verdict.NOISE: "≈",
    Verdict.UNKNOWN: "?",
}
_NONE = "-"
_WAITING = ".."
_REFERENCE = "reference"
_INKS = {"gain": "", "score": "", "field": "", "same": "dim", "heading": "bold", "verdict": ""}
_VERDICTS = {"▲": "green", "▼": "red", "≈": "dim", "?": "dim"}
Kind = Literal["heading", "score", "gain", "verdict", "same", "field"]


@dataclass(frozen=True)
class Row:
    """One row of the table.

    Args:
        kind: what it holds; `same` is a field that has one value in all experiments.
        name: what it is called.
        cells: one for each experiment.
    """

    kind: Kind
    name: str
    cells: tuple[str, ...]

    def painted(self) -> list[Text]:
        """Its name and its cells as they stand in the table."""
        ink = _INKS[self.kind]
        name = Text(self.name, ink or "dim")
        if self.kind == "verdict":
            return [name, *(Text(cell, _VERDICTS.get(cell[:1], "dim")) for cell in self.cells)]
        return [name, *(Text(cell, ink) for cell in self.cells)]


def difference_text(difference: Difference | None) -> str:
    """A gain with its noise and what it amounts to; never a bare sign."""
    if difference is None:
        return "-"
    error = "" if difference.error is None else f" ± {difference.error:.4f}"
    return f"{difference.gain:+.4f}{error} {difference.verdict}"


def score_rows(
    records: Sequence[ExperimentRecord], reference: str, comparison: Comparison | None
) -> list[Row]:
    """How the experiments scored, and what their differences amount to.

    Args:
        records: the experiments, one a column.
        reference: the id of the one that the others are held against.
        comparison: the paired differences; None while they are being computed.
    """
    # One for all: some may have been scored before the metric was corrected.
    metric = comparison.metric if comparison is not None else current_metric(records)
    found = {one.id: one for one in comparison.compared} if comparison is not None else None
    rows: list[Row] = []
    if metric != LOG_LOSS:
        name = in_words(metric)
        rows.append(_scores(f"val {name}", records, lambda one: by_metric(one, metric)))
        rows += _judgements(f"{name} gain", records, reference, found, lambda one: one.metric)
    gain = "log-loss gain" if rows else "gain"
    rows += [
        _scores("val log-loss", records, lambda one: one.val_log_loss),
        *_judgements(gain, records, reference, found, lambda one: one.log_loss),
        _scores("train log-loss", records, lambda one: one.train_log_loss),
        _scores("val accuracy", records, lambda one: one.val_accuracy),
        Row("score", "rows in common", _rows_in_common(records, reference, found)),
        Row("score", "folds", tuple(_folds(one) for one in records)),
        Row("score", "working time", tuple(duration(one.seconds) or _NONE for one in records)),
    ]
    return rows


def field_rows(records: Sequence[ExperimentRecord], has_all: bool) -> list[Row]:
    """The fields of the experiments' specs.

    Args:
        records: the experiments, one a column.
        has_all: whether to list also those that have one value in all of them.
    """
    specs = [record.spec for record in records]
    flat = [flat_fields(spec.model_dump(mode="json")) for spec in specs]
    differing = {path for path, _ in differing_fields(specs)}
    rows = []
    for path in dict.fromkeys(path for fields in flat for path in fields):
        kind: Kind = "field" if path in differing else "same"
        rows.append(Row(kind, path, tuple(str(fields.get(path, _NONE)) for fields in flat)))
    heading = "All fields" if has_all else "Fields that differ"
    shown = [row for row in rows if has_all or row.kind == "field"]
    return [Row("heading", heading, ("",) * len(records)), *shown]


def told(reference: ExperimentRecord, comparison: Comparison | None) -> str:
    """What the comparison comes to by the competition's metric, in a line.

    Args:
        reference: the one that the others are held against.
        comparison: the paired differences; None while they are being computed.
    """
    against = f"Held against {reference.id} {reference.name}"
    if comparison is None:
        return f"{against}: pairing the rows .."
    if comparison.metric != LOG_LOSS:
        against += f" by {title_of(comparison.metric)}"
    if comparison.problem:
        again = "runs it again" if reference.fit is not None else "blends it again, once theirs are"
        return (
            f"Nothing can be held against {reference.id}: {comparison.problem} R on its column "
            f"{again}; r on another column holds the others against that one."
        )
    parts = []
    for verdict in Verdict:
        ids = [
            one.id
            for one in comparison.compared
            # A metric that a fold does not define leaves the log-loss to judge by.
            if (found := one.metric or one.log_loss) is not None and found.verdict is verdict
        ]
        if ids:
            parts.append(f"{MARKS[verdict]} {', '.join(ids)} {verdict}")
    parts += [f"{one.id} can't be: {one.problem}" for one in comparison.compared if one.problem]
    return f"{against}: {' · '.join(parts)}"


def _scores(
    name: str, records: Sequence[ExperimentRecord], read: Callable[[Scores], float | None]
) -> Row:
    return Row("score", name, tuple(figure(read(record.scores)) for record in records))


def _judgements(
    name: str,
    records: Sequence[ExperimentRecord],
    reference: str,
    found: dict[str, Compared] | None,
    read: Callable[[Compared], Difference | None],
) -> tuple[Row, Row]:
    """The gains with their noise, and below them what each amounts to."""
    gains, verdicts = [], []
    for record in records:
        gain, verdict = _NONE, "not comparable"
        if record.id == reference:
            gain, verdict = _REFERENCE, ""
        elif found is None:
            gain, verdict = _WAITING, ""
        elif (one := found.get(record.id)) is not None and (difference := read(one)) is not None:
            error = "" if difference.error is None else f" ± {difference.error:.4f}"
            gain = f"{difference.gain:+.4f}{error}"
            verdict = f"{MARKS[difference.verdict]} {difference.verdict}"
        gains.append(gain)
        verdicts.append(verdict)
    return Row("gain", name, tuple(gains)), Row("verdict", "", tuple(verdicts))


def _rows_in_common(
    records: Sequence[ExperimentRecord], reference: str, found: dict[str, Compared] | None
) -> tuple[str, ...]:
    cells = []
    for record in records:
        one = (found or {}).get(record.id)
        own = record.scores.val_rows if record.id == reference else None
        rows = one.rows if one is not None else own
        cells.append(f"{rows:,}" if rows else _NONE)
    return tuple(cells)


def _folds(record: ExperimentRecord) -> str:
    done = folds_done(record)
    return f"{len(done)} of {len(record.tasks)} done" if record.tasks else _NONE
