"""The trials of a search, in order and by their scores."""

from collections.abc import Sequence

from engine.errors import UserError
from engine.experiment.metrics import LOG_LOSS
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
    return by_rank(trials_of(record))


def by_rank(trials: Sequence[TrialState]) -> list[TrialState]:
    """Those of some trials that have a score of their own, the best first.

    The competition's metric decides, and the log-loss where that is the same.

    Args:
        trials: of one search.
    """
    done = [trial for trial in trials if trial.status == "done" and trial.score is not None]
    has_metric = metric_of(done) is not None
    return sorted(
        done,
        key=lambda trial: (-(trial.val_metric or 0.0) if has_metric else 0.0, trial.score or 0.0),
    )


def metric_of(trials: Sequence[TrialState]) -> str | None:
    """By which metric trials are ranked before the log-loss; higher is better.

    Args:
        trials: of one search.

    Returns:
        The competition's; None where that is the log-loss, or where a trial that is done has no
        score by it: earlier versions noted none.
    """
    done = [trial for trial in trials if trial.status == "done"]
    names = {trial.metric if trial.val_metric is not None else None for trial in done}
    name = names.pop() if len(names) == 1 else None
    return None if name == LOG_LOSS else name


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
            f"see why none is (`hydra-tui log {record.id}`), then search again: "
            f"`hydra-tui rerun {record.id}`."
            if record.status.is_finished
            else f"wait for one: `hydra-tui log {record.id} -f`.",
        )
    return best
