"""The trials of a search, in order and by their scores."""

from engine.errors import UserError
from engine.experiment.record import ExperimentRecord
from engine.experiment.search import TrialState


def trials_of(record: ExperimentRecord) -> tuple[TrialState, ...]:
    """The trials of a search, in the order they were begun.

    Args:
        record: an experiment of any kind.
    """
    return tuple(trial for task in record.tasks for trial in task.trials)


def best_trials(record: ExperimentRecord) -> list[TrialState]:
    """The trials of a search that have a score of their own, the best first.

    Args:
        record: the search.
    """
    done = [trial for trial in trials_of(record) if trial.status == "done"]
    return sorted(done, key=lambda trial: trial.score or 0.0)


def ranked(record: ExperimentRecord) -> list[TrialState]:
    """The trials of a search that have a score of their own, at least one, the best first.

    Args:
        record: the search.

    Raises:
        UserError: no trial is done.
    """
    best = best_trials(record)
    if not best:
        raise UserError(
            f"No trial of search {record.id} is done.",
            "at least one finished trial.",
            f"wait for it (`hydra-tui log {record.id} -f`), or name a trial.",
        )
    return best
