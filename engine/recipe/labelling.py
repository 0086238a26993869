"""Whose predictions may label the test images."""

from collections.abc import Sequence

from engine.experiment.ensemble import EnsembleSpec
from engine.experiment.record import ExperimentRecord
from engine.experiment.spec import Stage
from engine.recipe.choosing import REGULARIZED, best_of, done_of
from engine.recipe.common_folds import folds_done, on_common_folds


def labellers(records: Sequence[ExperimentRecord], folds: int) -> list[ExperimentRecord]:
    """The experiments that could label the test images for a run of some folds.

    Their order is that of their log-loss, whatever the metric: labels are taken as probabilities.

    Args:
        records: the notebook.
        folds: how many the run has; a fold takes the labels of the source's fit of that fold.

    Returns:
        Those that have predicted in all of them, the best first.
    """
    stages = (*REGULARIZED, Stage.ENSEMBLE, Stage.OVERFIT, Stage.BASELINE)
    done = [record for stage in stages for record in done_of(records, stage)]
    able = [one for one in done if may_label(one) and set(range(folds)) <= set(folds_done(one))]
    return sorted(able, key=lambda record: record.scores.val_log_loss or 0.0)


def may_label(record: ExperimentRecord) -> bool:
    """Whether an experiment's test predictions can be labels that tell nothing of held-out rows.

    Args:
        record: it has predicted.

    Returns:
        False of mean ranks, which are no probabilities, and of a blend that was fitted on the rows
        of the one fold it has. Over several folds, what is said of the test images in a fold was
        fitted on the other folds.
    """
    spec = record.spec
    if not isinstance(spec, EnsembleSpec):
        return True
    return not record.is_rank and not (spec.is_fitted and len(folds_done(record)) == 1)


def labeller_of(fit: ExperimentRecord, records: Sequence[ExperimentRecord]) -> ExperimentRecord:
    """Who labels the test images for a fit's next run: what gives the better probabilities.

    Args:
        fit: the one that is to be run again.
        records: the notebook.

    Returns:
        The best ensemble over the fit's folds where its log-loss is lower than the fit's, else the
        fit itself.
    """
    folds = set(folds_done(fit))
    able = [one for one in records if may_label(one) and folds <= set(folds_done(one))]
    ensemble = best_of(able, Stage.ENSEMBLE)
    both = None if ensemble is None else on_common_folds(ensemble, fit)
    if ensemble is None or both is None:
        return fit
    blended, alone = (scores.val_log_loss or 0.0 for scores in both)
    return ensemble if blended < alone else fit
