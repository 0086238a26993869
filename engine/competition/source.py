"""Where the competition's files are: a folder, an archive, or the built-in digits."""

from pathlib import Path

from engine.competition.demo import write_digits
from engine.jobs.workspace import BUILT_IN, Workspace


def competition_folder(data: str, workspace: Workspace) -> Path:
    """Find the competition that a notebook notes; the built-in one is written when missing.

    Args:
        data: a path, relative to the workspace or absolute, or `builtin:digits`.
        workspace: the workspace.

    Returns:
        The folder or archive; it need not exist.

    Raises:
        UserError: the built-in competition can't be written.
    """
    if data == BUILT_IN:
        if not workspace.digits.exists():
            write_digits(workspace.digits)
        return workspace.digits
    return (workspace.root / data).resolve()
