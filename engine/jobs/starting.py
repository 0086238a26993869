"""Having a supervisor, and none: the part of it that a command or the cockpit touches."""

import subprocess
import sys

from engine.files import explained
from engine.jobs.liveness import end_worker, is_alive, is_recent, release_claim
from engine.jobs.workspace import Workspace
from engine.store.notebook import Notebook


def ensure_supervisor(workspace: Workspace) -> None:
    """Start the workspace's supervisor, unless one is running.

    Two that start at once do no harm: the second finds the lock taken and leaves.

    Args:
        workspace: whose queue is to be run.

    Raises:
        UserError: the workspace is read-only or its disk full.
    """
    if is_alive(workspace.supervisor):
        return
    log = workspace.supervisor / "log.txt"
    with explained(log):
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("a", encoding="utf-8") as stream:
            subprocess.Popen(  # noqa: S603 (our own module)
                [sys.executable, "-P", "-m", "engine.jobs.supervisor", str(workspace.root)],
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=stream,
                start_new_session=True,
            )


def note_presence(workspace: Workspace) -> None:
    """Somebody is at the cockpit: the supervisor stays, and its warm worker.

    Args:
        workspace: whose.

    Raises:
        UserError: the workspace is read-only, or its disk full.
    """
    with explained(workspace.presence):
        workspace.presence.parent.mkdir(parents=True, exist_ok=True)
        workspace.presence.touch()


def is_attended(workspace: Workspace, seconds: float) -> bool:
    """Whether somebody was at the cockpit within some seconds.

    Args:
        workspace: whose.
        seconds: how long ago the last sign may be.
    """
    try:
        return is_recent(workspace.presence.stat().st_mtime, seconds)
    except FileNotFoundError:
        return False


def dismiss(workspace: Workspace, notebook: Notebook) -> None:
    """End the supervisor and its warm worker, unless something is queued or runs.

    Args:
        workspace: whose.
        notebook: the workspace's notebook.

    Raises:
        UserError: the notebook can't be read or locked.
    """
    # Whoever submits meanwhile waits for this lock, and finds that there is no supervisor.
    with notebook.exclusive():
        if all(record.status.is_finished for record in notebook.records()):
            end_worker(workspace.supervisor)
            release_claim(workspace.supervisor)
