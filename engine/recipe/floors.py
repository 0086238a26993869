"""How low a loss can fall, whatever the network: labels that contradict or are smoothed."""

from math import log

from engine.competition.conflicts import conflict_floor
from engine.competition.findings import CompetitionSummary, TargetKind
from engine.experiment.spec import ExperimentSpec


def floor_of_smoothing(smoothing: float, classes: int) -> tuple[float, float]:
    """How low label smoothing lets a loss fall, however well the network learns.

    Args:
        smoothing: the share of each label that is spread over all classes.
        classes: how many there are; 2 of a binary target.

    Returns:
        The log-loss on hard labels, which the gate reads, where the smoothed loss is least, and
        that least value, which training shows (0.199 and 0.500 for 0.1 with 2 and 10 classes).
    """
    spread = smoothing / classes
    top = 1 - smoothing + spread
    if not smoothing:
        return 0.0, 0.0
    return -log(top), -top * log(top) - (classes - 1) * spread * log(spread)


def reachable_floor(spec: ExperimentSpec, summary: CompetitionSummary | None) -> float:
    """The training log-loss on hard labels at which a spec ends, however well it learns.

    Args:
        spec: its label smoothing counts, and the images that it is not trained on.
        summary: copies with different labels can't both be learned; None leaves them out.
    """
    classes = 2
    if summary is not None and summary.target is TargetKind.MULTICLASS:
        classes = len(summary.class_counts)
    conflicts = conflict_floor(summary, spec.leave_out) if summary is not None else 0.0
    return max(floor_of_smoothing(spec.loss.label_smoothing, classes)[0], conflicts)
