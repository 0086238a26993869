"""Comparisons, blends, previews and advice as lines of text."""

import csv
import io
from collections.abc import Callable, Mapping, Sequence

from app.presentation.comparing import MARKS, difference_text
from app.presentation.figures import title_of
from app.presentation.pseudo import images_told, precision_told
from app.presentation.tables import columns, ladder_lines
from app.presentation.text import about, figure
from engine.experiment.compare import Compared, Comparison, Difference, Verdict, judged
from engine.experiment.ensemble import EnsembleReport
from engine.experiment.metrics import LOG_LOSS, by_metric, in_words
from engine.experiment.preview import PseudoPreview
from engine.experiment.record import ExperimentRecord
from engine.recipe.common_folds import folds_done
from engine.recipe.moves import Move
from engine.recipe.stages import Rung

NOISE_TOLD = "±: standard error; within noise: the 95 % interval, about twice that, holds 0."
Records = Mapping[str, ExperimentRecord]
# What a gain consists of, as it is added to the name of its column.
_PARTS = ("", " ERROR", " VERDICT")


def short_difference(difference: Difference) -> str:
    """The same in as few columns as can be read, for narrow terminals."""
    error = "" if difference.error is None else f" ±{difference.error:.4f}"
    word = "noise" if difference.verdict is Verdict.NOISE else difference.verdict
    return f"{difference.gain:+.4f}{error} {MARKS[difference.verdict]} {word}"


def metric_title(metric: str) -> str:
    """A metric's name over a column, for which there is little room."""
    return title_of(metric).removeprefix("quadratic ")


def member_lines(
    report: EnsembleReport, records: Records, metric: str, width: int, is_short: bool = False
) -> list[str]:
    """What each member scores and brings to a blend, and how alike their errors are.

    Args:
        report: of the blend.
        records: the experiments by their ids.
        metric: what the competition scores by.
        width: there is, in characters; where it has no room for the errors of all pairs, each
            member is told the one that it is most alike.
        is_short: whether their ids must do, without their names.
    """
    has_metric = metric != LOG_LOSS
    ids = [one.id for one in report.members]
    rows = [
        (
            one.id if is_short or one.id not in records else f"{one.id} {records[one.id].name}",
            *((figure(one.metric),) if has_metric else ()),
            figure(one.log_loss),
            figure(one.weight, 2),
            "-" if one.contribution is None else f"{one.contribution:+.4f}",
        )
        for one in report.members
    ]
    titles = (metric_title(metric).upper(),) if has_metric else ()
    unit = _brought(report)
    # Where there is little room, the line below says it.
    brings = "BRINGS" if is_short else f"BRINGS {unit.upper()}"
    heading = ("MEMBER", *titles, "VAL", "WEIGHT", brings)
    alike = list(zip(ids, report.correlation, strict=True))
    pairs = [
        ["·" if other == name else f"{value:.2f}" for other, value in zip(ids, row, strict=True)]
        for name, row in alike
    ]
    lines, told = _beside(heading, rows, [f"r {name}" for name in ids], pairs), "r:"
    if len(ids) > 1 and max(map(len, lines)) > width:
        most = [[_most_alike(name, ids, row)] for name, row in alike]
        lines, told = _beside(heading, rows, ["MOST ALIKE"], most), "alike by the"
    return [
        *lines,
        f"brings: how much worse the {unit} is without it; {told} correlation of errors, "
        "low is good",
        *best_lines(report, metric),
    ]


def _beside(
    heading: Sequence[str],
    rows: Sequence[Sequence[str]],
    titles: Sequence[str],
    cells: Sequence[Sequence[str]],
) -> list[str]:
    """Rows of figures with more of them behind, as aligned lines."""
    whole = [(*row, *more) for row, more in zip(rows, cells, strict=True)]
    return columns(((*heading, *titles), *whole), frozenset(range(1, len(heading) + len(titles))))


def _most_alike(name: str, ids: Sequence[str], alike: Sequence[float]) -> str:
    value, other = max(pair for pair in zip(alike, ids, strict=True) if pair[1] != name)
    return f"{value:.2f} with {other}"


def _brought(report: EnsembleReport) -> str:
    """By what it is told what members bring; ranks have no log-loss."""
    return "AUC" if report.in_sample_log_loss is None else "log-loss"


def best_lines(report: EnsembleReport, metric: str) -> list[str]:
    """Which members a blend's gains are over, where that is not one and the same.

    Args:
        report: of the blend.
        metric: what the competition scores by.
    """
    losses = {one.id: one.log_loss for one in report.members if one.log_loss is not None}
    if report.metric_best is None or not losses:
        return []
    best, name = min(losses, key=lambda one: losses[one]), metric_title(metric)
    if best == report.metric_best:
        return []
    return [f"gains are over the best member: by {name}, {report.metric_best}; by log-loss, {best}"]


def comparison_lines(comparison: Comparison, records: Records) -> list[str]:
    """Experiments side by side: scores with paired differences, then the fields that differ."""
    rows = [_heading(comparison), _row(comparison.reference, None, comparison, records)]
    rows += [_row(one.id, one, comparison, records) for one in comparison.compared]
    lines = columns(rows)
    if comparison.problem:
        lines.append(f"Nothing can be held against {comparison.reference}: {comparison.problem}")
    else:
        lines += [f"{one.id}: {one.problem}" for one in comparison.compared if one.problem]
    if comparison.differing:
        ids = [comparison.reference, *(one.id for one in comparison.compared)]
        order = [ids.index(name) for name in ids]
        lines += ["", "Fields that differ:"]
        cells = [(path, *(values[place] for place in order)) for path, values in
                 comparison.differing]  # fmt: skip
        lines += columns((("FIELD", *ids), *cells))
    lines += ["", f"A gain above 0 is better. {NOISE_TOLD}"]
    return lines


def comparison_table(comparison: Comparison, records: Records, kind: str) -> list[str]:
    """The same as CSV or Markdown, with the fields that differ as columns.

    People read a gain with its noise and what it amounts to; machines want a column of each.

    Args:
        comparison: what was compared.
        records: the experiments.
        kind: `csv` or `markdown`.
    """
    paths = [path for path, _ in comparison.differing]
    ids = [comparison.reference, *(one.id for one in comparison.compared)]
    compared = {one.id: one for one in comparison.compared}
    parts, told = (_PARTS, _parts_of) if kind == "csv" else (("",), _told)
    rows = [(*_heading(comparison, parts), *paths)]
    for place, name in enumerate(ids):
        cells = _row(name, compared.get(name), comparison, records, told)
        rows.append((*cells, *(values[place] for _, values in comparison.differing)))
    if kind == "csv":
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows(rows)
        return text.getvalue().splitlines()
    lines = ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows]
    return [lines[0], "|" + "---|" * len(rows[0]), *lines[1:]]


def _heading(comparison: Comparison, parts: Sequence[str] = ("",)) -> tuple[str, ...]:
    metric = in_words(comparison.metric).upper()
    # Where the metric is the log-loss, the validation loss is the score.
    own = (metric,) if comparison.metric != LOG_LOSS else ()
    names = ("LOG-LOSS GAIN", *(f"{one} GAIN" for one in own))
    gains = (f"{name}{part}" for name in names for part in parts)
    # Scores are of an experiment's own rows, gains of those that the reference has, too.
    return ("ID", "NAME", "TRAIN", "VAL", *own, "FOLDS", "COMMON ROWS", *gains)


def _told(one: Compared | None, difference: Difference | None) -> tuple[str, ...]:
    return ("reference" if one is None else difference_text(difference),)


def _parts_of(one: Compared | None, difference: Difference | None) -> tuple[str, ...]:
    if difference is None:
        return ("", "", "reference" if one is None else "")
    error = "" if difference.error is None else f"{difference.error:.4f}"
    return f"{difference.gain:.4f}", error, difference.verdict


def _row(
    name: str,
    one: Compared | None,
    comparison: Comparison,
    records: Records,
    told: Callable[[Compared | None, Difference | None], tuple[str, ...]] = _told,
) -> tuple[str, ...]:
    record = records[name]
    scores = record.scores
    own: tuple[str, ...] = ()
    extra: tuple[str, ...] = ()
    if comparison.metric != LOG_LOSS:
        # By one metric in all rows, whichever each was scored by at the time.
        own = (figure(by_metric(scores, comparison.metric)),)
        extra = told(one, one.metric if one is not None else None)
    return (
        name,
        record.name,
        figure(scores.train_log_loss),
        figure(scores.val_log_loss),
        *own,
        str(len(folds_done(record))),
        str(one.rows if one is not None else scores.val_rows or "-"),
        *told(one, one.log_loss if one is not None else None),
        *extra,
    )


def ensemble_lines(record: ExperimentRecord) -> list[str]:
    """A blend: cross-fitted scores beside those in-sample, by the metric first, and its members."""
    report, scores = record.blend, record.scores
    if report is None:
        return []
    metric, judged_on = scores.metric or LOG_LOSS, f"on {scores.val_rows} rows"
    lines = []
    if metric != LOG_LOSS:
        name = title_of(metric)
        lines.append(
            f"{name} {figure(scores.val_metric)} cross-fitted, "
            f"{figure(report.in_sample_metric)} in-sample, {judged_on}"
        )
        if report.metric_gain is not None:
            lines.append(
                f"{name} gain over its best member by that, {report.metric_best}: "
                f"{difference_text(report.metric_gain)}"
            )
    if scores.val_log_loss is not None:
        of = (
            "gain over its best member" if not lines else "log-loss gain over the best member by it"
        )
        gain = judged(scores.parent_gain or 0.0, scores.parent_gain_error)
        lines += [
            f"val {figure(scores.val_log_loss)} cross-fitted, "
            f"{figure(report.in_sample_log_loss)} in-sample, {judged_on}",
            f"{of}, {record.parent}: {difference_text(gain)}",
        ]
    lines[:1] = [f"{record.id} {record.name}: {lines[0]}"]
    if report.temperature is not None:
        lines.append(f"temperature {report.temperature:.3f}")
    rows = [
        (
            one.id,
            *((figure(one.metric),) if metric != LOG_LOSS else ()),
            figure(one.log_loss),
            figure(one.weight, 3),
            "-" if one.contribution is None else f"{one.contribution:+.4f}",
            " ".join(f"{value:.2f}" for value in correlation),
        )
        for one, correlation in zip(report.members, report.correlation, strict=True)
    ]
    titles = (metric_title(metric).upper(),) if metric != LOG_LOSS else ()
    brings = f"BRINGS {_brought(report).upper()}"
    heading = ("MEMBER", *titles, "VAL", "WEIGHT", brings, "ERRORS' CORRELATION")
    return [*lines, *columns((heading, *rows))]


def preview_lines(preview: PseudoPreview) -> list[str]:
    """What pseudo-labels would bring."""
    balance = ", ".join(f"{name} {share:.1%}" for name, share in preview.balance)
    lines = [
        f"{images_told(preview)} would be labelled, {preview.share:.0%} of all rows",
        f"their mean prediction: {balance}",
        f"by {preview.judged} out-of-fold rows that are as sure: {precision_told(preview)}",
        "",
    ]
    rows = [
        (f"{threshold:g}", str(count), figure(precision, 3))
        for threshold, count, precision in preview.coverage
    ]
    return [*lines, *columns((("THRESHOLD", "IMAGES", "PRECISION"), *rows), frozenset({0, 1, 2}))]


def move_lines(ladder: Sequence[Rung], moves: Sequence[Move]) -> list[str]:
    """Where the recipe stands, and what to do next."""
    lines = [*ladder_lines(ladder), ""]
    if not moves:
        return [*lines, "Something runs; what comes next depends on it."]
    for number, move in enumerate(moves):
        cost = f" ({about(move.seconds)})" if move.seconds is not None else ""
        lines.append(f"{'Next' if not number else 'Or'}: {move.title}{cost}")
        lines.append(f"      {move.reason}")
    return lines
