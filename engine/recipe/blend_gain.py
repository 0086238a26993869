"""How much better a blend is than its best member."""

from engine.experiment.compare import Difference, decisive, judged
from engine.experiment.ensemble import EnsembleReport
from engine.experiment.record import Scores


def gain_over_members(scores: Scores, report: EnsembleReport | None) -> Difference | None:
    """By the metric, or by log-loss where the metric hardly differs.

    A member alone has mixed its mistakes with nobody's: how sure it is, which a temperature mends,
    neither order nor answers tell.

    Args:
        scores: the blend's.
        report: how it came about.

    Returns:
        The difference; None where there is nothing to compare with.
    """
    by_metric = None if report is None else report.metric_gain
    if by_metric is not None and report is not None and report.is_of_one:
        return by_metric
    gain, error = scores.parent_gain, scores.parent_gain_error
    return decisive(by_metric, None if gain is None else judged(gain, error))
