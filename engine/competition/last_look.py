"""The last look at the data, remembered so that the next command need not look again. Light."""

import hashlib
import os
from contextlib import suppress
from pathlib import Path

from pydantic import ValidationError

from engine.competition.findings import CompetitionSummary
from engine.errors import UserError
from engine.experiment.frozen import Frozen
from engine.files import write_atomically
from engine.jobs.workspace import BUILT_IN, OWN_NAMES, Workspace

# Another one where folders of before are recognised as something else: who updates looks again.
_READING = 3


class _Look(Frozen):
    fingerprint: str
    summary: CompetitionSummary


def recall(workspace: Workspace, data: str) -> CompetitionSummary | None:
    """What was recognised last, if the folder still looks the same from outside.

    Files added, removed or renamed are noticed, and changes to the tables; an image that was
    overwritten in place is not. Training and export always look at every file themselves.

    Args:
        workspace: the workspace.
        data: where the competition lies, as the notebook notes it.

    Returns:
        The summary, or None when somebody has to look again.
    """
    with suppress(OSError, ValidationError):
        look = _Look.model_validate_json(_place(workspace).read_text(encoding="utf-8"))
        if look.fingerprint == _fingerprint(workspace, data):
            return look.summary
    return None


def remember(workspace: Workspace, data: str, summary: CompetitionSummary) -> None:
    """Keep a summary for the next command; where nothing can be written, nothing is kept.

    Args:
        workspace: the workspace.
        data: where the competition lies, as the notebook notes it.
        summary: what was recognised.
    """
    with suppress(OSError, UserError):
        look = _Look(fingerprint=_fingerprint(workspace, data), summary=summary)
        write_atomically(_place(workspace), look.model_dump_json())


def _place(workspace: Workspace) -> Path:
    return workspace.hydra / "last-look.json"


def _fingerprint(workspace: Workspace, data: str) -> str:
    """Of the competition's top level and of the settings; our own files don't count."""
    ours = {workspace.root / name for name in OWN_NAMES}
    folder = workspace.digits if data == BUILT_IN else workspace.root / data
    paths = [folder, workspace.settings]
    if folder.is_dir():
        paths += [Path(entry.path) for entry in os.scandir(folder)]
    facts = hashlib.blake2b(f"{_READING}\0{data}".encode(), digest_size=16)
    # The workspace's own folder changes with every write of the notebook.
    for path in sorted(set(paths) - ours - {workspace.root}):
        if path.exists():
            status = path.stat()
            facts.update(f"\0{path.name}\0{status.st_mtime_ns}\0{status.st_size}".encode())
    return facts.hexdigest()
