"""What was submitted as a table, and how far validation and the leaderboard agree."""

from collections.abc import Callable, Sequence
from itertools import combinations

from rich.text import Text

from app.presentation.listing import folds_scored
from app.presentation.text import figure, moment
from engine.experiment.compare import TWO_SIDED_95, Verdict
from engine.experiment.ledger import Submitted
from engine.experiment.metrics import LOG_LOSS
from engine.experiment.record import ExperimentRecord
from engine.submission.kept import Kept

Find = Callable[[str], ExperimentRecord | None]
# What one comes for stands where a small terminal has room.
HEADING = ("No", "Validation", "Leaderboard", "Which is", "From", "Metric", "Written", "Uploaded")
# Fewer pairs say nothing of an order.
_LEAST_SCORED = 3


def gap_text(entry: Submitted, record: ExperimentRecord | None) -> str:
    """How far the leaderboard's score is from validation's, and which way, beyond the noise.

    Args:
        entry: a submission.
        record: its experiment; None where it was deleted.
    """
    return "-" if entry.gap is None else _gap_told(entry, entry.gap, _error(entry, record))


def validation_text(entry: Submitted, record: ExperimentRecord | None) -> str:
    """What a submission scored on held-out rows, and over how many folds that is a mean.

    Args:
        entry: the submission.
        record: its experiment; None where it was deleted.
    """
    folds = folds_scored(record) if record is not None else 0
    return figure(entry.validation) + (f" x{folds}" if folds else "")


def kept_text(kept: Kept) -> str:
    """What became of a CSV that is no longer what was exported; nothing of others.

    Args:
        kept: what became of it.
    """
    return "" if kept is Kept.THERE else f"(CSV {kept})"


def submitted_row(entry: Submitted, find: Find, kept: Kept) -> tuple[Text, ...]:
    """A submission's cells, under `HEADING`.

    Args:
        entry: the submission.
        find: an experiment by its id; None where it was deleted.
        kept: what became of its CSV.
    """
    record = find(entry.experiment)
    name = f"{entry.experiment} {'deleted' if record is None else record.name}"
    return (
        Text(str(entry.number), justify="right"),
        Text(validation_text(entry, record), justify="right"),
        Text(figure(entry.leaderboard), justify="right"),
        Text(gap_text(entry, record), _colour(entry, record)),
        Text.assemble((f"{kept_text(kept)} ".lstrip(), "yellow"), name),
        Text(entry.metric),
        Text(moment(entry.at)),
        Text("" if entry.uploaded is None else moment(entry.uploaded)),
    )


def agreement_text(entries: Sequence[Submitted], find: Find) -> str:
    """How far validation can be trusted, in a line.

    Args:
        entries: the ledger, oldest first.
        find: an experiment by its id; None where it was deleted.
    """
    scored = [one for one in entries if one.gap is not None and one.metric == entries[-1].metric]
    if not scored:
        return "None has a leaderboard score yet: enter notes one."
    gap = sum(one.gap or 0.0 for one in scored) / len(scored)
    errors = [_error(one, find(one.experiment)) for one in scored]
    known = [error for error in errors if error is not None]
    # They are of much the same rows: a mean of several is hardly surer than one.
    error = sum(known) / len(known) if len(known) == len(errors) else None
    told = f"{len(scored)} of {len(entries)} scored · the leaderboard is "
    told += f"{abs(gap):.4f} {_way(scored[0], gap)}"
    told += " on average" if len(scored) > 1 else ""
    told += f", {Verdict.NOISE}" if _is_noise(gap, error) else ""
    if len(scored) < _LEAST_SCORED:
        return f"{told} · with {_LEAST_SCORED} scores: whether both rank alike"
    pairs = [
        ((one.validation or 0.0) - (other.validation or 0.0))
        * ((one.leaderboard or 0.0) - (other.leaderboard or 0.0))
        for one, other in combinations(scored, 2)
    ]
    differing = [one for one in pairs if one]
    if not differing:
        return told
    alike = sum(one > 0 for one in differing)
    return f"{told} · {alike} of {len(differing)} pairs are ranked as validation ranks them"


def _loss(entry: Submitted, gap: float) -> float:
    """A gap as what is lost by it: of other metrics than a loss more is better."""
    return gap if entry.metric == LOG_LOSS else -gap


def _error(entry: Submitted, record: ExperimentRecord | None) -> float | None:
    """The standard error of a submission's validation score; None where nobody knows it."""
    if record is None or entry.metric != LOG_LOSS:
        return None
    return record.scores.val_log_loss_error


def _is_noise(gap: float, error: float | None) -> bool:
    return error is not None and abs(gap) < TWO_SIDED_95 * error


def _gap_told(entry: Submitted, gap: float, error: float | None) -> str:
    return f"{abs(gap):.4f} {Verdict.NOISE if _is_noise(gap, error) else _way(entry, gap)}"


def _way(entry: Submitted, gap: float) -> str:
    return "worse" if _loss(entry, gap) > 0 else "better"


def _colour(entry: Submitted, record: ExperimentRecord | None) -> str:
    if entry.gap is None or _is_noise(entry.gap, _error(entry, record)):
        return ""
    return "yellow" if _loss(entry, entry.gap) > 0 else "green"
