"""How much better one experiment is than another, and whether beyond the noise."""

from math import hypot, sqrt

from engine.competition.findings import METRICS
from engine.experiment.compare import Difference, judged
from engine.experiment.metrics import by_metric
from engine.experiment.record import ExperimentRecord, Scores

# These go in steps of whole rows: one row more that is right may be chance.
_COUNTED = frozenset(METRICS) - {"log_loss", "auc"}


def difference(
    record: ExperimentRecord, other: ExperimentRecord, both: tuple[Scores, Scores]
) -> Difference:
    """How much better an experiment's log-loss is than another's.

    Args:
        record: the one judged.
        other: the one compared with.
        both: their scores over the folds that both have run.

    Returns:
        The difference; its noise is paired by row where one of them was compared with the other
        row by row: with its parent, or a blend with what a gate holds it against.
    """
    found = unpaired(*both)
    for one, another, scores in ((record, other, both[0]), (other, record, both[1])):
        error = scores.parent_gain_error if one.parent == another.id else None
        if error is None and one.blend is not None:
            error = dict(one.blend.against).get(another.id)
        if error is not None:
            return judged(found.gain, error)
    return found


def unpaired(scores: Scores, other: Scores) -> Difference:
    """How much better one log-loss is than another whose rows' losses are not known.

    Args:
        scores: of the one judged.
        other: of the one compared with.
    """
    errors = scores.val_log_loss_error, other.val_log_loss_error
    known = [error for error in errors if error is not None]
    gain = (other.val_log_loss or 0.0) - (scores.val_log_loss or 0.0)
    # Of a single row nobody knows it: none would make a difference of every one.
    return judged(gain, hypot(*known) if len(known) == len(errors) else None)


def counted(scores: Scores, other: Scores, metric: str) -> Difference | None:
    """How much better one score is than another by a metric that counts right answers.

    Its noise is the binomial standard error of the noisier score. That of a difference would be
    up to the root of two times as large were the rows others; on the same rows, what is hard for
    one model is mostly hard for the other.

    Args:
        scores: of the one judged.
        other: of the one compared with.
        metric: by what.

    Returns:
        The difference; None of other metrics, or where a score or the number of rows is missing.
    """
    values = by_metric(scores, metric), by_metric(other, metric)
    rows = min(scores.val_rows or 0, other.val_rows or 0)
    if metric not in _COUNTED or values[0] is None or values[1] is None or not rows:
        return None
    # A kappa may lie below 0, where answers are worse than chance.
    shares = [min(max(value, 0.0), 1.0) for value in values if value is not None]
    error = sqrt(max(share * (1 - share) for share in shares) / rows)
    return judged(values[0] - values[1], error)
