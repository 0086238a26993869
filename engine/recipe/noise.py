"""How much better one experiment is than another, and whether beyond the noise."""

from math import hypot

from engine.experiment.compare import Difference, judged
from engine.experiment.record import ExperimentRecord, Scores


def difference(
    record: ExperimentRecord, other: ExperimentRecord, both: tuple[Scores, Scores]
) -> Difference:
    """How much better an experiment's log-loss is than another's.

    Args:
        record: the one judged.
        other: the one compared with.
        both: their scores over the folds that both have run.

    Returns:
        The difference; its noise is paired by row where one of them is the other's parent, which
        it was compared with row by row.
    """
    found = unpaired(*both)
    for child, parent, scores in ((record, other, both[0]), (other, record, both[1])):
        if child.parent == parent.id and scores.parent_gain_error is not None:
            return judged(found.gain, scores.parent_gain_error)
    return found


def unpaired(scores: Scores, other: Scores) -> Difference:
    """How much better one log-loss is than another whose rows' losses are not known.

    Args:
        scores: of the one judged.
        other: of the one compared with.
    """
    noise = hypot(scores.val_log_loss_error or 0.0, other.val_log_loss_error or 0.0)
    return judged((other.val_log_loss or 0.0) - (scores.val_log_loss or 0.0), noise)
