"""A trial becomes an experiment."""

from collections.abc import Iterable, Iterator
from itertools import islice

from engine.errors import UserError
from engine.experiment.overrides import validated
from engine.experiment.record import ExperimentRecord
from engine.experiment.search import SearchSpec, TrialState
from engine.experiment.spec import ExperimentSpec
from engine.recipe.proposals import Proposal
from engine.tuning.ranking import ranked, trials_of
from engine.tuning.space import trial_spec


def promoted(
    record: ExperimentRecord, trial: str | None = None, folds: int | None = None
) -> Proposal:
    """The experiment that a trial becomes.

    Args:
        record: the search.
        trial: the trial's id; by default the best one.
        folds: how many to run; by default as many as the search's base.

    Returns:
        Its spec, and the search as its parent.

    Raises:
        UserError: it is no search, or there is no such trial.
    """
    search = _search_of(record)
    if trial is None:
        return _promotion(record, search, ranked(record)[0], folds)
    found = [one for one in trials_of(record) if one.id == trial]
    if not found:
        known = ", ".join(one.id for one in trials_of(record)) or "none yet"
        raise UserError(
            f"Search {record.id} has no trial {trial}.",
            f"one of its trials: {known}.",
            f"see all of them: `hydra-tui show {record.id}`.",
        )
    return _promotion(record, search, found[0], folds)


def promoted_top(
    record: ExperimentRecord, count: int, folds: int | None = None
) -> tuple[Proposal, ...]:
    """The experiments that the best trials become.

    A single fold's score is noisy, and the best of many trials is partly the luckiest: several of
    the best, run on more folds, say which one really is.

    Args:
        record: the search.
        count: how many.
        folds: how many folds to run; by default as many as the search's base.

    Returns:
        Their specs, the best trial's first, each with the search as its parent; fewer where the
        trials make fewer different ones.

    Raises:
        UserError: it is no search, no trial is done, or fewer than one is asked for.
    """
    search = _search_of(record)
    if count < 1:
        raise UserError(f"{count} trials are none.", "1 or more.", "write `--top 1`.")
    found = (_promotion(record, search, trial, folds) for trial in ranked(record))
    return tuple(islice(_different(found), count))


def _different(proposals: Iterable[Proposal]) -> Iterator[Proposal]:
    """Each spec once: linear heads that differ in strength alone become the same network."""
    taken: set[ExperimentSpec] = set()
    for spec, parent in proposals:
        if spec not in taken:
            taken.add(spec)
            yield spec, parent


def _search_of(record: ExperimentRecord) -> SearchSpec:
    if not isinstance(record.spec, SearchSpec):
        raise UserError(
            f"Experiment {record.id} is no search.",
            "the id of a search.",
            "begin one: `hydra-tui tune`.",
        )
    return record.spec


def _promotion(
    record: ExperimentRecord, search: SearchSpec, trial: TrialState, folds: int | None
) -> Proposal:
    spec = trial_spec(search, trial.values)
    changes = {"stage": search.stage, "folds": search.base.folds if folds is None else folds}
    return validated(spec.model_dump(mode="json") | changes), record.id
