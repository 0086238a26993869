"""How much better one experiment is than another, and whether beyond the noise."""

from math import hypot, sqrt

from engine.competition.findings import METRICS
from engine.experiment.compare import TWO_SIDED_95, Difference, Verdict, judged
from engine.experiment.metrics import by_metric
from engine.experiment.record import ExperimentRecord, Scores
from engine.recipe.common_folds import folds_done, on_common_folds

# Whether a gate is open, and what is read off it.
Verdicts = tuple[bool, str]

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
        row by row: with its parent, the overfit run of then, or a blend with what a gate holds it
        against.
    """
    found = unpaired(*both)
    for one, another, scores in ((record, other, both[0]), (other, record, both[1])):
        error = scores.parent_gain_error if one.parent == another.id else None
        if scores.overfit == another.id:
            error = scores.overfit_gain_error
        if error is None and one.blend is not None:
            error = dict(one.blend.against).get(another.id)
        if error is not None:
            return judged(found.gain, error)
    return found


def made_worse(record: ExperimentRecord) -> bool:
    """Whether an experiment is worse than the one it was made from, beyond the noise of the rows.

    Args:
        record: the experiment.
    """
    gain, error = record.scores.parent_gain, record.scores.parent_gain_error
    return gain is not None and judged(gain, error).verdict is Verdict.WORSE


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
    one model is mostly hard for the other. A mean recall has that of the rarer rows, too.

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
    if metric == "balanced_accuracy":
        # Half of it is told by the rare rows alone.
        error *= sqrt(sum(rows / side for side in _sides(rows, scores.majority_accuracy))) / 2
    return judged(values[0] - values[1], error)


def unpaired_metric(scores: Scores, other: Scores, metric: str) -> Difference | None:
    """How much better one score is than another by a metric, whose rows are not known.

    Args:
        scores: of the one judged.
        other: of the one compared with.
        metric: any but the log-loss.

    Returns:
        The difference; its noise is that of the noisier score, by the areas of Hanley and McNeil
        (1982) where it is AUC, else as `counted` has it. None where a score is missing.
    """
    if metric != "auc":
        return counted(scores, other, metric)
    rows = min(scores.val_rows or 0, other.val_rows or 0)
    values = by_metric(scores, metric), by_metric(other, metric)
    if values[0] is None or values[1] is None or not rows:
        return None
    errors = [area_error(value, rows, scores.majority_accuracy) for value in values if value]
    return judged(values[0] - values[1], max(errors, default=None))


def area_error(area: float, rows: int, majority: float | None) -> float:
    """Standard error of an area under the ROC curve (Hanley and McNeil, 1982).

    Args:
        area: above 0.
        rows: how many it is of.
        majority: the largest class' share; of several it stands against all others.
    """
    most, least = _sides(rows, majority)
    first, second = area / (2 - area), 2 * area**2 / (1 + area)
    # Whether the rare ones are the positives is not known.
    wide = max(
        (positives - 1) * (first - area**2) + (negatives - 1) * (second - area**2)
        for positives, negatives in ((most, least), (least, most))
    )
    return sqrt(max(area * (1 - area) + wide, 0.0) / (most * least))


def _sides(rows: int, majority: float | None) -> tuple[float, float]:
    """How many rows the largest class has, and all others, at least one."""
    share = min(max(majority or 0.5, 1 / rows), 1 - 1 / rows) if rows > 1 else 0.5
    return max(share * rows, 1.0), max((1 - share) * rows, 1.0)


def beats(record: ExperimentRecord, other: ExperimentRecord) -> Verdicts:
    """Better beyond the noise on the folds that both have run, paired by row where that is known.

    Args:
        record: the one judged.
        other: the one to beat.

    Returns:
        Whether it is better, and the two losses, whose the second is, and the verdict.
    """
    both = on_common_folds(record, other)
    if both is None:
        return False, f"no fold in common with {other.id}"
    scores, theirs = both
    found = difference(record, other, both)
    common = set(folds_done(record)) & set(folds_done(other))
    whose = other.id
    if len(common) < len(folds_done(record)):
        # The tables show the losses over all folds, which are others.
        whose += f" on fold {min(common)}" if len(common) == 1 else f" on {len(common)} folds"
    losses = scores.val_log_loss or 0.0, theirs.val_log_loss or 0.0
    return found.verdict is Verdict.BETTER, versus(*losses, whose, found)


def verdict_between(record: ExperimentRecord, other: ExperimentRecord) -> Verdict | None:
    """How an experiment stands to another on the folds that both have run.

    Args:
        record: the one judged.
        other: the other.

    Returns:
        The verdict; None where they have no fold in common, or one of them has no log-loss.
    """
    both = on_common_folds(record, other)
    return None if both is None else difference(record, other, both).verdict


def versus(mine: float, theirs: float, whose: str, found: Difference) -> str:
    """How one score stands to another, as a gate tells it.

    Args:
        mine: of what is judged.
        theirs: of what it is held against.
        whose: that one's id.
        found: what comes of it.
    """
    return f"{mine:.3f} vs {theirs:.3f} of {whose}{told(found)}"


def told(found: Difference) -> str:
    """How much a difference must be to be one, and its verdict.

    Args:
        found: the difference.
    """
    noise = "" if found.error is None else f", noise {TWO_SIDED_95 * found.error:.3f}"
    return f"{noise}: {found.verdict}"
