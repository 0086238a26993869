"""What is said when experiments are stopped or come first, and when keys can do nothing."""

from collections.abc import Sequence

from app.presentation.deleting import listed, named
from engine.experiment.record import ExperimentRecord, Status


def stopping(chosen: Sequence[ExperimentRecord]) -> tuple[str, str]:
    """The question before experiments are stopped, and what yes means.

    Args:
        chosen: which; none of them has ended.
    """
    if len(chosen) == 1:
        (one,) = chosen
        is_waiting = one.status is Status.QUEUED
        how = "It leaves the queue" if is_waiting else "It finishes its batch, saves"
        what = f"{how}, and can be resumed with u.\n\ny stops it, n leaves it."
        return f"Stop {one.id} {one.name}?", what
    return f"Stop the {len(chosen)} marked experiments?", (
        listed(chosen)
        + "\n\nWhat waits leaves the queue, what runs finishes its batch and saves; each can be "
        "resumed with u.\n\ny stops them, n leaves them."
    )


def ending(one: ExperimentRecord) -> tuple[str, str]:
    """The question before one is ended at once that was asked to end, and has not.

    Args:
        one: the experiment.
    """
    return f"End {one.id} {one.name} at once?", (
        "It was asked to save and end, and has not done so yet.\n"
        "What it saved last stays: u goes on from there.\n\ny ends its process, n waits."
    )


def stopped(records: Sequence[ExperimentRecord]) -> str:
    """What became of experiments that were stopped.

    Args:
        records: as they are now.
    """
    if len(records) == 1:
        (one,) = records
        how = "out of the queue" if one.status is Status.STOPPED else "saving and ending"
        return f"{one.id} {one.name}: {how}."
    return f"Out of the queue, or saving and ending: {named(records)}."


def advanced(records: Sequence[ExperimentRecord]) -> str:
    """What became of experiments that are to come first.

    Args:
        records: in the order in which they will run.
    """
    what = f"{records[0].id} {records[0].name}" if len(records) == 1 else named(records)
    return f"Next, before all that waits: {what}."


def not_resumed(one: ExperimentRecord) -> str:
    """Why there is nothing to go on with.

    Args:
        one: an experiment that was neither stopped nor interrupted, and has not failed.
    """
    again = " R runs it again." if one.status.is_finished else ""
    return f"Experiment {one.id} {one.status.verb}: there is nothing to resume.{again}"


def not_exported(one: ExperimentRecord) -> str:
    """Why there is no submission of it.

    Args:
        one: an experiment that has predicted nothing, or nothing yet.
    """
    resumed = " u goes on with it." if one.status.is_finished else ""
    return f"Experiment {one.id} {one.status.verb}, and has predicted nothing so far.{resumed}"
