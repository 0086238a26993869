"""Where a submission may be written: over an older one, and over nothing else."""

import hashlib
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from engine.errors import UserError
from engine.experiment.ledger import Submitted
from engine.experiment.record import ExperimentRecord
from engine.jobs.workspace import Workspace


def default_place(workspace: Workspace, record: ExperimentRecord) -> Path:
    """The CSV that is an experiment's own.

    Args:
        workspace: whose.
        record: the experiment.
    """
    name = f"{record.id}-{record.name}".replace(",", "").replace(" ", "-")
    return workspace.submissions / f"{name}.csv"


def check_place(
    workspace: Workspace, target: Path, ledger: Sequence[Submitted], record: ExperimentRecord
) -> None:
    """Make sure that a submission replaces nothing but a submission.

    Args:
        workspace: whose.
        target: the CSV, resolved.
        ledger: what was exported.
        record: whose answers are to be written.

    Raises:
        UserError: the workspace keeps something of its own there, or another file lies there.
    """
    own = (workspace.notebook, workspace.settings, workspace.folds)
    rooms = (workspace.runs, workspace.hydra)
    if target in map(Path.resolve, own) or any(map(target.is_relative_to, rooms)):
        raise taken(f"{target} is where the workspace keeps what is its own.", record.id)
    is_own = target == default_place(workspace, record).resolve()
    if is_own or not target.exists():
        return
    # A folder is refused by who writes.
    if not target.is_dir() and not _is_exported(workspace, target, ledger):
        raise taken(
            f"{target} is there already, and is no submission that was exported.", record.id
        )


def taken(happened: str, experiment: str) -> UserError:
    """The refusal of a place that is something else's.

    Args:
        happened: what lies there.
        experiment: whose answers were to be written.
    """
    return UserError(
        happened,
        "the name of a new file, or that of an earlier submission.",
        f"name another one: `hydra-tui export {experiment} -o submissions/mine.csv`.",
    )


def _is_exported(workspace: Workspace, target: Path, ledger: Sequence[Submitted]) -> bool:
    """Whether the ledger knows a file by its place, or as one that was exported twice."""
    if target in [(workspace.root / entry.file).resolve() for entry in ledger]:
        return True
    if not target.is_file():
        return False
    with suppress(PermissionError), target.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest() in [one.digest for one in ledger]
    return False
