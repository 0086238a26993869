"""At most one autopilot a workspace, though the claim to be it may be deleted at any time."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from engine.competition.locks import exclusive
from engine.jobs.liveness import claim, claim_of, is_alive
from engine.jobs.workspace import Workspace


@contextmanager
def one_at_a_time(workspace: Workspace) -> Iterator[None]:
    """While it is looked who the autopilot is, and somebody becomes it.

    Args:
        workspace: whose.

    Raises:
        UserError: the workspace is read-only or its disk full.
    """
    with exclusive(workspace.locks / "autopilot.lock"):
        yield


def is_in_charge(workspace: Workspace) -> bool:
    """Whether this process is the workspace's autopilot; it becomes it where there is none.

    `.hydra/` may be deleted at any time, and our claim with it: a second one could be started
    beside us. Whoever lays claim anew goes on.

    Args:
        workspace: whose.

    Raises:
        UserError: the workspace is read-only or its disk full.
    """
    place = workspace.autopilot
    if _is_ours(place):
        return True
    if not workspace.root.is_dir():
        return False
    with one_at_a_time(workspace):
        if not is_alive(place):
            claim(place, os.getpid())
        # Another thread of ours may have been quicker.
        return _is_ours(place)


def _is_ours(place: Path) -> bool:
    found = claim_of(place)
    return found is not None and found.pid == os.getpid() and found.is_alive()
