"""Error analyses, ablations and the ledger as lines of text."""

from collections.abc import Mapping, Sequence

from app.presentation.comparing import difference_text
from app.presentation.mistakes import shown_classes, worst_first
from app.presentation.submitted import Find, gap_text, kept_text, validation_text
from app.presentation.tables import columns
from app.presentation.text import figure, labels_told, moment
from engine.analysis.reports import ErrorAnalysis, GradCams, Matrix, RowLoss
from engine.experiment.compare import TWO_SIDED_95, Contribution, SeedNoise
from engine.experiment.ledger import Submitted
from engine.experiment.metrics import in_words
from engine.submission.kept import Kept

_MOST_CLASSES = 12
_MOST_ROWS = 15


def error_report_lines(report: ErrorAnalysis, leave_out: str) -> list[str]:
    """Where an experiment errs."""
    before, after = report.calibration.before, report.calibration.after
    lines = [f"{report.confusion.rows} out-of-fold rows of experiment {report.experiment}", ""]
    rows = [
        (one.name, str(one.support), figure(one.recall, 3), figure(one.precision, 3))
        for one in report.confusion.classes
    ]
    heading = ("CLASS", "ROWS", "RECALL", "PRECISION")
    lines += columns((heading, *rows), frozenset({1, 2, 3}))
    matrices = report.confusion.matrices
    if (count := len(matrices)) > _MOST_CLASSES:
        lines += ["", f"The {_MOST_CLASSES} worst of {count:,} labels:"]
        worst = {one.name for one in worst_first(report.confusion.classes)[:_MOST_CLASSES]}
        matrices = tuple(one for one in matrices if one.label in worst)
    for matrix in matrices:
        lines += ["", *matrix_lines(matrix)]
    lines += [
        "",
        f"calibration error {before.error:.4f}, log-loss {before.log_loss:.4f}; with the "
        f"temperature {report.calibration.temperature:.3f}, fitted out of fold: "
        f"{after.error:.4f}, {after.log_loss:.4f}",
    ]
    lines += ["", "Top losses:", *_loss_lines(report.top_losses[:_MOST_ROWS])]
    sure = report.confident_errors
    lines += ["", f"Errors above 90 %: {report.confident_count}"]
    lines += _loss_lines(sure[:_MOST_ROWS]) if sure else []
    lines += ["", f"Labels that may be wrong: {len(report.suspects)}"]
    if report.suspects:
        told = [
            (one.id, labels_told(one.given), labels_told(one.suggested), figure(one.quality, 3))
            for one in report.suspects[:_MOST_ROWS]
        ]
        lines += columns((("ID", "LABEL", "LIKELY", "QUALITY"), *told))
        if (more := len(report.suspects) - _MOST_ROWS) > 0:
            lines.append(f"and {more} more, in the cockpit's Errors and by --json")
        lines.append(f"Look at each; what is wrong indeed is left out of training by: {leave_out}")
    return lines


def matrix_lines(matrix: Matrix) -> list[str]:
    """A confusion matrix: rows are the truth, columns the answers."""
    shown, count = shown_classes(matrix, _MOST_CLASSES), len(matrix.names)
    names = [matrix.names[one] for one in shown]
    corner = f"{matrix.label or 'TRUTH'} \\ ANSWER"
    rows = [
        (matrix.names[one], *(str(matrix.counts[one][other]) for other in shown)) for one in shown
    ]
    some = [f"The {len(shown)} most mistaken of {count:,} classes:"] if len(shown) < count else []
    return some + columns(((corner, *names), *rows), frozenset(range(1, len(names) + 1)))


def _loss_lines(rows: Sequence[RowLoss]) -> list[str]:
    cells = [
        (one.id, figure(one.loss, 3), labels_told(one.truth), labels_told(one.answer),
         figure(one.confidence, 3))
        for one in rows
    ]  # fmt: skip
    return columns((("ID", "LOSS", "TRUTH", "ANSWER", "CONFIDENCE"), *cells), frozenset({1, 4}))


def grad_cam_lines(drawn: GradCams) -> list[str]:
    """Where the maps lie, and what each is of."""
    lines = ["Where the networks looked (Grad-CAM), each in an image it was not trained on:"]
    if drawn.explained_by != drawn.experiment:
        lines.append(f"The ensemble is explained by its best member, {drawn.explained_by}.")
    rows = [
        (one.id, one.explained, figure(one.probability, 3), labels_told(one.truth),
         labels_told(one.answer), one.path)
        for one in drawn.images
    ]  # fmt: skip
    heading = ("ID", "EXPLAINED", "PROBABILITY", "TRUTH", "ANSWER", "PICTURE")
    return lines + columns((heading, *rows), frozenset({2}))


def contribution_lines(found: Sequence[Contribution], noise: SeedNoise | None) -> list[str]:
    """What each factor of an experiment is worth."""
    rows = [
        (one.factor, one.value, one.experiment, difference_text(one.worth), one.problem)
        for one in found
    ]
    lines = columns((("FACTOR", "WITHOUT IT", "RUN", "WORTH", ""), *rows))
    if noise is not None:
        reach = TWO_SIDED_95 * noise.of_difference
        lines.append(
            f"two equal runs differ by up to {reach:.4f} (95 %, by {noise.seeds} seeds of the "
            "baseline), which the errors hold"
        )
    elif any(one.worth is not None for one in found):
        lines.append(
            "the errors are of the rows alone: how much two equal runs differ is not known, since "
            "fewer than two seeds of the baseline have run (--seeds 3 runs them)"
        )
    return [*lines, "worth: how much worse the log-loss is without it"]


def ledger_lines(entries: Sequence[Submitted], find: Find, kept: Mapping[int, Kept]) -> list[str]:
    """What was submitted, what it promised, what it scored, and the gap.

    Args:
        entries: the ledger, oldest first.
        find: an experiment by its id; None where it was deleted.
        kept: what became of their CSVs, by their numbers.
    """
    rows = [
        (
            str(one.number),
            one.experiment,
            " ".join(filter(None, (one.file, kept_text(kept[one.number])))),
            one.digest[:8],
            f"{in_words(one.metric)} {validation_text(one, find(one.experiment))}",
            figure(one.leaderboard),
            gap_text(one, find(one.experiment)),
            moment(one.uploaded) if one.uploaded is not None else "",
        )
        for one in entries
    ]
    heading = ("NO", "FROM", "FILE", "SHA-256", "VALIDATION", "LEADERBOARD", "WHICH IS", "UPLOADED")
    return columns((heading, *rows))
