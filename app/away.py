"""What has happened to a workspace while nobody looked at it."""

from collections.abc import Sequence
from pathlib import Path

from app.remembered import Marks, recall_marks, recall_seen, remember_seen
from engine.errors import UserError
from engine.experiment.record import ExperimentRecord


def missed(workspace: Path, records: Sequence[ExperimentRecord]) -> tuple[ExperimentRecord, ...]:
    """Which experiments have ended since this workspace was looked at last.

    What is remembered is the end of the last one that was told of, not when the cockpit was left:
    so it holds however that came about, also by a closed terminal or a power cut.

    Args:
        workspace: its folder.
        records: its experiments, which are told of from now on.

    Returns:
        Those that ended, the latest last; none where the workspace is new to this person, or where
        it can't be told.
    """
    over = [one for one in records if one.status.is_finished and one.finished is not None]
    if not over:
        return ()
    try:
        since = recall_seen(workspace)
        newest = max(one.finished for one in over if one.finished is not None)
        if since is None or newest > since:
            remember_seen(workspace, newest)
    except (OSError, ValueError, TypeError, UserError):
        # A damaged file is explained where a person's choices are read from it, and stays as it is.
        return ()
    if since is None:
        return ()
    found = [one for one in over if one.finished is not None and one.finished > since]
    return tuple(sorted(found, key=lambda one: one.finished or since))


def marks_before(what: Marks, workspace: Path) -> frozenset[str]:
    """What was marked when the workspace was left, or had ended unseen; none where it is not known.

    Args:
        what: which of the two.
        workspace: its folder.
    """
    try:
        return recall_marks(what, workspace)
    except (OSError, ValueError, TypeError):
        return frozenset()
