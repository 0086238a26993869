"""Opening a workspace, and the cockpit over it; what the exit status says."""

import argparse
import re
import shlex
import sys
from pathlib import Path

from app.startup import keep_garbage
from engine.service import Service
from engine.setup import check_data, make_workspace

# But those that name a workspace themselves, or need none.
_COMMAND = re.compile(r"`hydra-tui(?! demo| --help)((?: (?!-w |--help)[^`\s]+)*)`")

DONE, WORK_FAILED, REQUEST_WRONG, INTERRUPTED = 0, 1, 2, 130


def open_service(parsed: argparse.Namespace) -> Service:
    """The workspace that the words name.

    Args:
        parsed: the command line.

    Raises:
        UserError: there is none, or the data is not there.
    """
    root = Path(getattr(parsed, "workspace", "."))
    data = getattr(parsed, "data", None)
    if data is not None:
        # Who names the data elsewhere wants the workspace to be new.
        check_data(data)
        make_workspace(root)
    return Service(root, data)


def open_cockpit(service: Service) -> int:
    """Open the screens over a workspace.

    Args:
        service: the workspace.
    """
    # Until the first paint; the cockpit begins to collect it again.
    keep_garbage()
    # Textual is imported only by who opens a screen.
    from app.cockpit import Cockpit

    cockpit = Cockpit(service)
    try:
        cockpit.run()
    finally:
        service.close()
    going_on = sum(not one.status.is_finished for one in cockpit.desk.snapshot.records)
    if going_on:
        print(farewell(going_on, service.workspace.root), file=sys.stderr)
    return DONE


def farewell(jobs: int, root: Path) -> str:
    """What stays in the terminal of who leaves while something runs or waits.

    Args:
        jobs: how many experiments.
        root: their workspace.
    """
    going = f"{jobs} jobs go" if jobs > 1 else "1 job goes"
    return f"{going} on; `{command('', root)}` comes back."


def command(words: str, root: Path) -> str:
    """A command to type here, for a workspace that may lie elsewhere.

    Args:
        words: what stands behind `hydra-tui`.
        root: the workspace.
    """
    place = "" if root.resolve() == Path.cwd() else f"-w {shlex.quote(str(root))}"
    return " ".join(filter(None, ("hydra-tui", words, place)))


def located(text: str, root: Path) -> str:
    """Advice whose commands are for a workspace that may lie elsewhere.

    Args:
        text: the advice, with its commands in backticks.
        root: the workspace.
    """
    return _COMMAND.sub(lambda found: f"`{command(found[1].strip(), root)}`", text)
