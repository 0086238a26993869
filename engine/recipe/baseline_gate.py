"""The gate of the baseline: what is read off it, and whether more rows would tell more."""

from math import sqrt

from engine.experiment.compare import Difference, Verdict, judged
from engine.experiment.record import ExperimentRecord, Scores
from engine.recipe.noise import Verdicts, area_error, told

BASELINE_SECONDS = 900.0
BASELINE_ROWS = 0.5
# From this share of the largest class on, accuracy tells nothing of a network.
_TELLING_MAJORITY = 0.8


def judge_baseline(record: ExperimentRecord) -> Verdicts:
    """The log-loss must beat what the class shares alone give, by its 95 % bound, and soon.

    So must the accuracy, unless nearly all are of one class, which a good model answers nearly
    always, too.

    Args:
        record: a baseline.

    Returns:
        Whether the gate is open, and what is read off it.
    """
    scores, spec = record.scores, record.fit
    if (found := _by_loss(scores)) is None:
        return False, "no validation score"
    reading = f"val {scores.val_log_loss:.3f} vs {scores.prior_log_loss or 0.0:.3f}"
    if found.verdict is not Verdict.BETTER:
        return False, f"{reading}{told(found)}"
    counted = _by_accuracy(scores)
    if counted is not None and counted.verdict is not Verdict.BETTER:
        both = f"{scores.val_accuracy:.3f} vs {scores.majority_accuracy or 0.0:.3f}"
        return False, f"accuracy {both}{told(counted)}"
    seconds = max((task.seconds for task in record.tasks), default=0.0)
    if seconds > BASELINE_SECONDS:
        return False, f"took {seconds / 60:.0f} min, not 15"
    if spec is not None and spec.rows > BASELINE_ROWS:
        return False, f"on {spec.rows:.0%} of rows, not half"
    return True, f"{reading}{told(found)}"


def beats_shares(record: ExperimentRecord) -> bool:
    """Whether a fit is better than the class shares, by its loss, its right answers or its AUC.

    Who is far too sure of right answers, or was taught that rare ones weigh more, has a loss that a
    temperature or a threshold mends.

    Args:
        record: any fit.
    """
    found = _by_loss(record.scores), _by_accuracy(record.scores), _by_area(record.scores)
    return any(one is not None and one.verdict is Verdict.BETTER for one in found)


def within_noise(scores: Scores) -> str:
    """Why a baseline that is better than the class shares does not open its gate yet.

    Args:
        scores: the baseline's.

    Returns:
        The figures, in a sentence; empty where it is no better, or beyond its noise.
    """
    both = ("log-loss", _by_loss(scores)), ("accuracy", _by_accuracy(scores))
    shut = ((name, one) for name, one in both if one and one.verdict is not Verdict.BETTER)
    name, found = next(shut, ("", None))
    if found is None or found.verdict is not Verdict.NOISE or found.gain <= 0:
        return ""
    return (
        f"validation {name} beats the class shares by {found.gain:.3f}; its standard error is "
        f"{found.error:.3f}, and 1.96 times that are wanted"
    )


def _by_loss(scores: Scores) -> Difference | None:
    if scores.val_log_loss is None or scores.val_accuracy is None or not scores.val_rows:
        return None
    gain = (scores.prior_log_loss or 0.0) - scores.val_log_loss
    return judged(gain, scores.val_log_loss_error)


def _by_area(scores: Scores) -> Difference | None:
    if scores.val_auc is None or not scores.val_rows:
        return None
    error = area_error(0.5, scores.val_rows, scores.majority_accuracy)
    return judged(scores.val_auc - 0.5, error)


def _by_accuracy(scores: Scores) -> Difference | None:
    accuracy, majority = scores.val_accuracy, scores.majority_accuracy or 0.0
    if accuracy is None or not scores.val_rows or majority >= _TELLING_MAJORITY:
        return None
    return judged(accuracy - majority, sqrt(accuracy * (1 - accuracy) / scores.val_rows))
