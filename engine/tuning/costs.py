"""What a search will take, judged by what experiments took before."""

from collections.abc import Sequence

from engine.competition.findings import CompetitionSummary
from engine.experiment.record import ExperimentRecord
from engine.experiment.search import SearchSpec
from engine.recipe.costs import estimate_seconds
from engine.tuning.planning import halved
from engine.tuning.space import trial_spec


def search_seconds(
    search: SearchSpec, summary: CompetitionSummary | None, records: Sequence[ExperimentRecord]
) -> float | None:
    """How long a search will take on this machine, if its trials take as long as its base.

    Args:
        search: what is to run.
        summary: how many images there are; None when nobody has looked.
        records: the notebook.

    Returns:
        Seconds of work; None while nothing has been measured, and of linear heads, which no
        experiment has fitted before.
    """
    if search.strategy == "head_grid":
        return None
    counts = {search.base.phases[-1].epochs: search.trials}
    if search.strategy == "hyperband":
        counts = {one.epochs: one.trials for one in halved(search)}
    last = len(search.base.phases) - 1
    seconds = 0.0
    for epochs, count in counts.items():
        trial = trial_spec(search, {f"phases.{last}.epochs": epochs})
        each = estimate_seconds(trial.model_copy(update={"folds": 1}), summary, records)
        if each is None:
            return None
        seconds += count * each
    return seconds
