"""What a blend gains over its best member, by log-loss and by the competition's metric."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.competition.competition import Competition
from engine.experiment.compare import Difference
from engine.predictions.deciding import as_submitted, must_answer
from engine.predictions.pairing import mean_metric, paired_log_loss, paired_metric
from engine.predictions.parts import Kinship
from engine.predictions.stored import SideBySide
from engine.training.scores import row_log_loss


@dataclass(frozen=True)
class Gains:
    """A blend beside its members, all on the same rows.

    Args:
        losses: each member's log-loss; None of ranks.
        metrics: each member's score by the competition's metric; None where that is log-loss.
        best: the place of the best member by log-loss; of ranks, by the metric.
        log_loss: how much lower the blend's log-loss is than that member's; None of ranks.
        metric_best: the place of the best member by the metric; None as `metric`.
        metric: how much better the blend's metric is than that member's; None where the metric is
            log-loss, or not defined on every fold.
    """

    losses: tuple[float | None, ...]
    metrics: tuple[float | None, ...]
    best: int
    log_loss: Difference | None
    metric_best: int | None
    metric: Difference | None


def gains_of(
    found: SideBySide,
    competition: Competition,
    blended: NDArray[np.float32],
    is_rank: bool,
    kin: Kinship,
) -> Gains:
    """Hold a blend against its members.

    Args:
        found: the members.
        competition: what is true, and what it is scored by.
        blended: the blend's predictions of the same rows, (rows, outputs).
        is_rank: whether these are mean ranks, of which a log-loss would tell nothing.
        kin: the same rows'.
    """
    targets, kind, metric = competition.targets[found.rows], competition.kind, competition.metric
    none = (None,) * len(found.validation)
    metrics: tuple[float | None, ...] = none
    metric_best, by_metric = None, None
    if metric != "log_loss":
        folds = found.fold_of_row
        needs_one = must_answer(competition)
        *answers, mine = (
            as_submitted(targets, one, kin, kind, metric, needs_one, folds)
            for one in (*found.validation, blended)
        )
        metrics = tuple(mean_metric(targets, one, kind, metric, folds) for one in answers)
        if None not in metrics:
            metric_best = int(np.argmax(np.array(metrics, float)))
            theirs = answers[metric_best]
            by_metric = paired_metric(targets, theirs, mine, kind, metric, folds, kin.groups)
    if is_rank:
        return Gains(none, metrics, metric_best or 0, None, metric_best, by_metric)
    losses = [float(row_log_loss(targets, one, kind).mean()) for one in found.validation]
    best = int(np.argmin(losses))
    log_loss = paired_log_loss(targets, found.validation[best], blended, kind, kin.groups)
    return Gains(tuple(losses), metrics, best, log_loss, metric_best, by_metric)
