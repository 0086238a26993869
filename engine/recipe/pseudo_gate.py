"""The gate of pseudo-labels: what is read off it, and which blend it still waits for."""

from collections.abc import Sequence

from engine.experiment.compare import judged
from engine.experiment.ensemble import EnsembleSpec
from engine.experiment.record import ExperimentRecord
from engine.recipe.choosing import blends_of
from engine.recipe.known import Known
from engine.recipe.noise import Verdicts, beats, made_worse, versus


def judge_labels(record: ExperimentRecord, known: Known) -> Verdicts:
    """Clean validation not worse than the same spec without, and the ensemble better.

    Args:
        record: a run on predicted labels.
        known: the notebook.

    Returns:
        Whether the gate is open, and what is read off it.
    """
    gain, loss = record.scores.parent_gain, record.scores.val_log_loss
    if gain is None or loss is None:
        return False, "nothing to compare with"
    found = judged(gain, record.scores.parent_gain_error)
    reading = versus(loss, loss + gain, record.parent or "its parent", found)
    if made_worse(record):
        return False, reading
    after, before = known.blends_with_and_without(record.id)
    if after is None or before is None:
        return False, f"{reading}; {_lack(record, known, has_it=after is None)}"
    is_better, told = beats(after, before)
    return is_better, f"blend {told}"


def waits_for_blend(record: ExperimentRecord, known: Known) -> bool:
    """Whether the gate is neither open nor shut for good: blends decide, and one is missing.

    Args:
        record: a run on predicted labels.
        known: the notebook.
    """
    if record.scores.parent_gain is None or made_worse(record):
        return False
    return None in known.blends_with_and_without(record.id)


def deciding_blend(
    record: ExperimentRecord, known: Known, records: Sequence[ExperimentRecord]
) -> tuple[str, ...]:
    """The blend by which the gate would decide: the best one, without the run or with it.

    Args:
        record: a run on predicted labels.
        known: the notebook.
        records: the same; what has been blended is not blended again.

    Returns:
        Ids of its members; none where no blend is missing, or there is nothing to begin with.
    """
    if not waits_for_blend(record, known):
        return ()
    after, before = known.blends_with_and_without(record.id)
    wanted: tuple[str, ...] = ()
    if after is not None:
        wanted = tuple(one for one in _members(after) if one != record.id)
        if not wanted and record.parent is not None:
            wanted = (record.parent,)
    elif before is not None:
        wanted = (*_members(before), record.id)
    return () if frozenset(wanted) in blends_of(records) else wanted


def _lack(record: ExperimentRecord, known: Known, has_it: bool) -> str:
    """Which blend is missing, in few words: they stand in the narrow rail."""
    if any((record.id in _members(one)) is has_it for one in known.ensembles):
        # Ranks have no log-loss to be compared by.
        return "only ranks blended"
    return "not blended yet" if has_it else "not blended without it"


def _members(ensemble: ExperimentRecord) -> tuple[str, ...]:
    return ensemble.spec.members if isinstance(ensemble.spec, EnsembleSpec) else ()
