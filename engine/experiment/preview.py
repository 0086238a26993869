"""What an experiment would bring, before anything is trained."""

from engine.experiment.frozen import Frozen

# Thresholds that are told of, and stepped by: the closer to certain, the finer.
RUNGS = (0.0, 0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.95, 0.98, 0.99, 0.995, 0.999)


class PseudoPreview(Frozen):
    """What pseudo-labels would bring, before anything is trained.

    Args:
        rows: test images that would be labelled, the mean over the folds.
        share: of all rows that would be trained on.
        balance: class name and the labelled images' mean probability of it.
        precision: how often the out-of-fold predictions that are as sure are right; None where
            none is.
        judged: how many out-of-fold rows that is of.
        precision_low: the lower end of its 95 % interval.
        coverage: for each of the `RUNGS`, how many test images each takes and how precise.
        by_fold: test images that would be labelled in each fold, by what its own fit says.
    """

    rows: int
    share: float
    balance: tuple[tuple[str, float], ...]
    precision: float | None
    coverage: tuple[tuple[float, int, float | None], ...]
    judged: int = 0
    precision_low: float | None = None
    by_fold: tuple[int, ...] = ()
