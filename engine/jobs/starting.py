"""Having a supervisor: the one part of it that a command or the cockpit touches."""

import subprocess
import sys

from engine.files import explained
from engine.jobs.liveness import is_alive
from engine.jobs.workspace import Workspace


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
